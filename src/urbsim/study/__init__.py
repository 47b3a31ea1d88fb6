"""What the user asks: places, scenarios, levers, indicators and targets; `plan`, `measure` and `judge`."""
