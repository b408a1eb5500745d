Output.line("lineside: serve | check-config")
