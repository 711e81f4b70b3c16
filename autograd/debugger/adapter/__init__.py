"""A debug adapter: the Debug Adapter Protocol over a `Session`, for VS Code and other editors.

Two processes take part, as in debugpy. `editor` speaks with the editor on stdin and stdout, starts the program and
passes messages on; `debuggee` runs inside the program and answers them. Neither decides where a pass stops or what a
gradient is: that is the session's.
"""
