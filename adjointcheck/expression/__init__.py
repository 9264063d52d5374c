"""The small language that both proof and code generation stand on."""
