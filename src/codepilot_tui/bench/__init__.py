"""The models behind the screen: pure values and rules, no Textual, each tested by plain calls."""
