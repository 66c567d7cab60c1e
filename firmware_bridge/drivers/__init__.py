"""One file or folder for each protocol family, all behind the port `driver`; `catalogue` names them."""
