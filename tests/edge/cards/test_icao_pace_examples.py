"""The worked examples of ICAO Doc 9303-11 for PACE: appendices G.2 (numbers), H.1, H.2 (integrated), I (chip).

Appendix G.1 stands in `test_icao_worked_examples`. The integrated examples do not say their password, so the chip's
nonce is enciphered here under a password of ours; all else is as printed.
"""

from collections.abc import Callable

from edge.cards.access_key import AccessKey, CardAccessNumber, MrzKey, pace_secret
from edge.cards.apdu import PlainChannel
from edge.cards.integrated_mapping import integrated_generator, pseudo_random
from edge.cards.pace import PaceSession, establish_pace
from edge.cards.pace_choice import PaceOption, choose_pace
from edge.cards.session_ciphers import AesCipher, chain_cipher
from models.chip.chip_mapping import mapping_proves_chip
from models.chip.key_agreement import ModularGroup, standard_group
from models.chip.security_infos import parse_security_infos
from models.chip.session_keys import SessionSuite, derive_session_key
from tests.fakes.scripted_card_reader import ScriptedCardReader

ANY_KEY = CardAccessNumber(digits="012345")
H1_NONCES = bytes.fromhex("2923BE84E16CD6AE529049F1F1BBE9EB"), bytes.fromhex("5DD4CBFC96F5453B130D890A1CDBAE32")
H2_NONCES = bytes.fromhex("FA5B7E3E49753A0DB9178B7B9BD898C8"), bytes.fromhex("B3A6DB3C870C3E99245E0D1C06B747DE")


def option(protocol: str, parameter_id: str) -> PaceOption:
    info = f"3012060A04007F0007020204{protocol}020102 0201{parameter_id}"
    return choose_pace(parse_security_infos(bytes.fromhex(f"3114{info}")))


def drawing(*wanted: int | bytes) -> Callable[[int], bytes]:
    """Random bytes that are those nonces, or from which those private keys are made (a private key is 2 and more)."""
    drawn = iter(wanted)

    def draw(count: int) -> bytes:
        value = next(drawn)
        return value if isinstance(value, bytes) else (value - 2).to_bytes(count)

    return draw


def run(
    chosen: PaceOption, key: AccessKey, draw: Callable[[int], bytes], conversation: list[tuple[str, str]]
) -> PaceSession:
    reader = ScriptedCardReader(conversation)
    session = establish_pace(PlainChannel(reader), key, chosen, draw)
    assert len(reader.sent) == len(conversation)
    return session


def has_keys(session: PaceSession, encryption: str, checksum: str) -> bool:
    printed = AesCipher(bytes.fromhex(encryption), bytes.fromhex(checksum))
    given = session.cipher
    return (given.encrypt(bytes(16)), given.checksum(bytes(16))) == (
        printed.encrypt(bytes(16)),
        printed.checksum(bytes(16)),
    )


def enciphered(nonce: bytes) -> str:
    key = derive_session_key(SessionSuite.AES_128, pace_secret(ANY_KEY), 3)
    return chain_cipher(SessionSuite.AES_128, key).encryptor().update(nonce).hex()


def test_9303_11_appendix_g2_generic_mapping_over_numbers() -> None:
    key = MrzKey(document_number="T22000129", birth_date="640812", expiry_date="101031")
    draw = drawing(0x5265030F751F4AD18B08AC565FC7AC952E41618D, 0x89CCD99B0E8D3B1F11E1296DCA68EC53411CF2CA)
    session = run(option("0102", "00"), key, draw, G2)
    assert has_keys(session, "2F7F46ADCC9E7E521B45D192FAFA9126", "805A1D27D45A5116F73C54469462B7D8")
    assert session.chip_mapping is None


def test_9303_11_appendix_h1_pseudo_random_function_and_generator() -> None:
    produced = pseudo_random(SessionSuite.AES_128, *H1_NONCES, 256).hex().upper()
    assert produced == (
        "E4447E2DFB3586BAC05DDB00156B57FBB2179A3949294C97254189800C517BAA8DA0FF397ED8C445D3E421E4FEB57322"
    )
    x, _ = integrated_generator(standard_group(13), SessionSuite.AES_128, *H1_NONCES)
    assert f"{x:X}" == "8E82D31559ED0FDE92A4D0498ADD3C23BABA94FB77691E31E90AEA77FB17D427"


def test_9303_11_appendix_h1_integrated_mapping_over_a_curve() -> None:
    nonce, own_nonce = H1_NONCES
    draw = drawing(own_nonce, 0xA73FB703AC1436A18E0CFA5ABB3F7BEC7A070E7A6788486BEE230C4A22762595)
    conversation = [
        ("0022C1A40F800A04007F00070202040402830102", "9000"),
        ("10860000027C0000", f"7C128010{enciphered(nonce)}9000"),
        (f"10860000147C128110{own_nonce.hex()}00", "7C0282009000"),
        (
            (
                "10860000457C4383410489CBA23FFE96AA18D824627C3E934E54A9FD0B87A95D1471DC1C0ABFDCD640D4"
                "6755DE9B7B778280B6BEBD57439ADFEB0E21FD4ED6DF42578C13418A59B34C3700"
            ),
            (
                "7C4384410467F78E5F7F7686082B293E8D087E056916D0F74BC01A5F8957D0DE45691E51E8"
                "932B69A962B52A0985AD2C0A271EE6A13A8ADDDCD1A3A994B9DED257F4D227539000"
            ),
        ),
        ("008600000C7C0A8508450F02B86F6A090900", "7C0A860875D4D96E8D5B03089000"),
    ]
    session = run(option("0402", "0D"), ANY_KEY, draw, conversation)
    assert has_keys(session, "0D3FEB33251A6370893D62AE8DAAF51B", "B01E89E3D9E8719E586B50B4A7506E0B")


def test_9303_11_appendix_h2_integrated_mapping_over_numbers() -> None:
    nonce, own_nonce = H2_NONCES
    group = standard_group(0)
    assert isinstance(group, ModularGroup)
    assert integrated_generator(group, SessionSuite.AES_128, nonce, own_nonce) == (int(H2_GENERATOR, 16),)
    # The printed private key is longer than the group's order; the generator's powers repeat after the order.
    draw = drawing(own_nonce, int(H2_PRIVATE_KEY, 16) % group.order)
    conversation = [
        ("0022C1A40F800A04007F00070202040302830102", "9000"),
        ("10860000027C0000", f"7C128010{enciphered(nonce)}9000"),
        (f"10860000147C128110{own_nonce.hex()}00", "7C0282009000"),
        (f"10860000867C8183838180{H2_OWN}00", f"7C8183848180{H2_CHIP}9000"),
        ("008600000C7C0A850855D61977CBF5307E00", "7C0A8608C2F04230187E15259000"),
    ]
    session = run(option("0302", "00"), ANY_KEY, draw, conversation)
    assert has_keys(session, "01AFC10CF87BE36D8179E87370171F07", "23F0FBD05FD6C7B8B88F4C8309669061")


def test_9303_11_appendix_i_chip_authentication_mapping() -> None:
    key = MrzKey(document_number="C11T002JM", birth_date="960812", expiry_date="231031")
    draw = drawing(
        0x5D8BB87BD74D985A4B7D4325B9F7B976FE835122773400798914AA22738135CC,
        0x76ECFDAA9841C323A3F5FC5E88B88DB3EFF7E35EBF57A7E6946CB630006C2120,
    )
    session = run(option("0602", "0D"), key, draw, APPENDIX_I)
    assert has_keys(session, "0A9DA4DB03BDDE39FC5202BC44B2E89E", "4B1C06491ED5140CA2B537D344C6C0B1")
    mapping = session.chip_mapping
    assert mapping
    assert mapping.parameter_id == 13
    assert mapping.chip_data.hex().upper() == "85DC3FA93D0952BFA82F5FD189EE75BD82F11D1F0B8ED4BF5319AC9B53C426B3"
    assert mapping_proves_chip(parse_security_infos(bytes.fromhex(f"3164{APPENDIX_I_KEY}")), mapping)


G2 = [
    ("0022C1A40F800A04007F00070202040102830101", "9000"),
    ("10860000027C0000", "7C128010854D8DF5827FA6852D1A4FA701CDDDCA9000"),
    (
        (
            "10860000867C818381818023FB3749EA030D2A25B278D2A562047ADE3F01B74F17A15402CB7352CA7D2B3EB71C343DB13D1DEBCE9A3666"
            "DBCFC920B49174A602CB47965CAA73DC702489A44D41DB914DE9613DC5E98C94160551C0DF86274B9359BC0490D01B03AD54022DCB4F57"
            "FAD6322497D7A1E28D46710F461AFE710FBBBC5F8BA166F4311975EC6C00"
        ),
        (
            "7C818382818078879F57225AA8080D52ED0FC890A4B25336F699AA89A2D3A189654AF70729E623EA5738B26381E4DA19E004706FACE7B2"
            "35C2DBF2F38748312F3C98C2DD4882A41947B324AA1259AC22579DB93F7085655AF30889DBB845D9E6783FE42C9F2449400306254C8AE8"
            "EE9DD812A804C0B66E8CAFC14F84D8258950A91B44126EE69000"
        ),
    ),
    (
        (
            "10860000867C8183838180907D89E2D425A178AA81AF4A7774EC8E388C115CAE67031E85EECE520BD911551B9AE4D04369F29A02626C86"
            "FBC6747CC7BC352645B6161A2A42D44EDA80A08FA8D61B76D3A154AD8A5A51786B0BC07147057871A922212C5F67F43173172236B7747D"
            "1671E6D692A3C7D40A0C3C5CE397545D015C175EB5130551EDBC2EE5D400"
        ),
        (
            "7C8183848180075693D9AE941877573E634B6E644F8E60AF17A0076B8B123D9201074D36152BD8B3A213F53820C42ADC79AB5D0AEEC3AE"
            "FB91394DA476BD97B9B14D0A65C1FC71A0E019CB08AF55E1F729005FBA7E3FA5DC41899238A250767A6D46DB974064386CD456743585F8"
            "E5D90CC8B4004B1F6D866C79CE0584E49687FF61BC29AEA19000"
        ),
    ),
    ("008600000C7C0A8508B46DD9BD4D98381F00", "7C0A8608917F37B5C0E6D8D19000"),
]
H2_GENERATOR = (
    "1D7D767F11E333BCD6DBAEF40E799E7A926B96973550656FF3C830726D118D61C276CDCC61D475CF03A98E0C0E79CAEB"
    "A5BE25578BD4551D0B10903236F0B0F976852FA78EEA14EA0ACA87D1E91F688FE0DFF897BBE35A472621D343564B262F"
    "34223AE8FC59B664BFEDFA2BFE7516CA5510A6BBB633D517EC25D4E0BBAA16C2"
)
H2_PRIVATE_KEY = (
    "4BD0E54740F9A028E6A515BFDAF967848C4F5F5FFF65AA0915947FFD1A0DF2FA6981271BC905F3551457B7E03AC3B806"
    "6DE4AA406C1171FB43DD939C4BA16175103BA3DEE16419AA248118F90CC36A3D6F4C373652E0C3CCE7F0F1D0C5425B36"
    "00F0F0D6A67F004C8BBA33F2B4733C7252445C1DFC4F1107203F71D2EFB28161"
)
H2_OWN = (
    "0F0CC62945A8029251FB7EF3C094E12EC68E4EF07F27CB9D9CD04C5C4250FAE0E4F8A951557E929AEB48E5C6DD47F2F5"
    "CD7C351A9BD2CD722C07EDE166770F08FFCB370262CF308DD7B07F2E0DA9CAAA1492344C852906919538C98A4BA4187E"
    "76CE9D87832386D319CE2E043C3343AEAE6EDBA1A9894DC5094D22F7FE1351D5"
)
H2_CHIP = (
    "928D9A0F9DBA450F13FC859C6F290D1D36E42431138A4378500BEB4E0401854CFF111F71CB6DC1D0335807A11388CC8E"
    "AA87B07907AAD9FBA6B169AF6D8C26AF8DDDC39ADC3AD2E3FF882B84D23E9768E95A80E4746FB07A9767679FE92133B4"
    "D379935C771BD7FBED6C7BB4B1708B275EA75679524CDC9C6A91370CC662A2F3"
)
APPENDIX_I = [
    ("0022C1A40F800A04007F00070202040602830101", "9000"),
    ("10860000027C0000", "7C128010CB60E8E0D85B76A9BD304747C2AD42E29000"),
    (
        (
            "10860000457C438141047F1D410ADB7DDB3B84BF1030800981A9105D7457B4A3ADE002384F3086C67EDE"
            "1AB889104A27DB6D842B019020FBF3CEACB0DC627F7BDCAC29969E19D0E553C100"
        ),
        (
            "7C43824104A234236AA9B9621E8EFB73B5245C0E09D2576E5277183C1208BDD55280CAE8B3"
            "04F365713A356E65A451E165ECC9AC0AC46E3771342C8FE5AEDD092685338E239000"
        ),
    ),
    (
        (
            "10860000457C43834104446C934084D9DAB863944F219520076C29EE3F7AE6722B11FF319EC1C7728F95"
            "5483400BFF60BF0C5929270009277DC2A515E12575010AD9BA916CF1BF86FEFC00"
        ),
        (
            "7C4384410402AD566F3C6EC7F9324509AD50A51FA52030782A4968FCFEDF737DAEA9933331"
            "11C3B9B4C2287789BD137E7F8AA882E2A3C633CCD6ECC2C63C57AD401A09C2E19000"
        ),
    ),
    (
        "008600000C7C0A8508E86BD06018A1CD3B00",
        (
            "7C3C86088596CF055C67C1A38A301EEA964DAAE372AC990E3EFDE6333353BFC89A6704D93DA8798CF77F5B7A54BD10CB"
            "A372B42BE0B9B5F28AA8DE2F4F929000"
        ),
    ),
]
APPENDIX_I_KEY = (
    "3062060904007F000702020102 3052300C060704007F00070102 02010D034200041872709494399E7470A6431BE25E83EE"
    "E24FEA568C2ED28DB48E05DB3A610DC884D256A40E35EFCB59BF6753D3A489D28C7A4D973C2DA138A6E7A4A08F68E16F02010D"
)
