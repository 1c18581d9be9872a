from tests.features.nplusone.test_watching import *
def test_ct():
    ContentType.objects.clear_cache()
    rows = [Label.objects.first(), Relic.objects.first(), Shelf.objects.first(), Insurance.objects.first()]
    answer(lambda: [ContentType.objects.get_for_model(r) for r in rows])
def test_ct2():
    ContentType.objects.clear_cache()
    rows = [Label.objects.first(), Relic.objects.first(), Shelf.objects.first(), Insurance.objects.first()]
    def call():
        out = []
        for r in rows:
            out.append(ContentType.objects.get_for_model(r).pk)
        return out
    answer(call)
def test_ct3():
    ids = [ContentType.objects.get_for_model(m).pk for m in (Label, Relic, Shelf)]
    ContentType.objects.clear_cache()
    def call():
        for r, i in zip(Label.objects.all(), ids): ContentType.objects.get_for_id(i)
    answer(call)
def test_heterogenous():
    rows = [Label.objects.first(), Relic.objects.first(), Shelf.objects.first()]
    def call():
        for r in rows: type(r).objects.count()
    answer(call)
def test_perms():
    from django.contrib.auth.models import User
    us = [User.objects.create(username=str(i)) for i in range(1)]
    def call():
        for u in us:
            u.has_perm("a.b"); u.has_perm("a.c")
    answer(call)
def test_inbulk():
    def call():
        ids = list(Relic.objects.values_list("pk", flat=True))
        for i in range(3): Relic.objects.in_bulk(ids[i:i+1])
    answer(call)
def test_two_querysets_loop():
    def call():
        r = Relic.objects.first()
        for r in Relic.objects.all()[:2]: pass
        a = [Relic.objects.filter(pk=p).first() for p in (1, 2, 3)]
        return a
    answer(call)
