"""The thin HTTP side: it reads the ledger, and asks Temporal through one gateway module.

`routes` are the endpoints; behind them the services `access`, `selling`, `job`, `handoff`, `staff`, and `profile`.
`middleware` stands in front of all of them; `pages` and `static` are what a browser gets.
"""
