"""The admin API, a module for each noun. A handler reads strictly, asks the store, and answers JSON or a problem."""
