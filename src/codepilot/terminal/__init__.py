"""Live terminals: a host process owns PTYs and screens; tools, widgets and `attach` are its clients.

`client.TerminalClient` starts or joins a host; `service.TerminalService` is the one that a runtime's tools share.
"""
