const docs = document.getElementById("docs");
Redoc.init(docs.dataset.schema, { hideLoading: true, nativeScrollbars: true }, docs);
