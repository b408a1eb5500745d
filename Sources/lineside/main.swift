print("lineside: serve | check-config")
