"""What devices measure and how they are: a store of its own, written by a program of its own."""
