"""Pictures: one look for all of them, each answering one question. The door to matplotlib."""
