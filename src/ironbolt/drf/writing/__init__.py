"""How serializers take what a client sends: strictly, by fields made once, one object or many."""
