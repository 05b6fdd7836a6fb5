"""Every address of Porthole. What a page shows is in its URL, so that it can be shared."""

from django.contrib import admin
from django.urls import include, path

from dashboard import signin
from dashboard.views import entrance, lists, logs, me, objects, places, preferences, scale, sessions

OBJECT = "c/<str:cluster>/<str:namespace>/<str:kind>/<str:name>/"

urlpatterns = [
    path("", entrance.first_page, name="first_page"),
    path("favicon.ico", entrance.favicon, name="favicon"),
    path("clusters/", entrance.clusters, name="clusters"),
    path("signin/", entrance.sign_in, name="signin"),
    path("signout/", entrance.sign_out, name="signout"),
    *(path(f"signin/{name}/", include(way.urlpatterns)) for name, way in signin.ways().items()),
    *(pattern for way in signin.ways().values() for pattern in getattr(way, "ROOT_URLPATTERNS", ())),
    path("sessions/", sessions.own_sessions, name="sessions"),
    path("sessions/end/", sessions.end, name="sessions_end"),
    path("theme/", preferences.theme, name="theme"),
    path("c/<str:cluster>/", places.home, name="home"),
    path("c/<str:cluster>/namespaces/", places.namespaces, name="namespaces"),
    path("c/<str:cluster>/more/", places.more, name="more"),
    path("c/<str:cluster>/me/", me.me, name="me"),
    path("c/<str:cluster>/<str:namespace>/<str:kind>/", lists.list_page, name="list"),
    path(OBJECT, objects.object_page, name="object"),
    path(f"{OBJECT}logs/", logs.logs_page, name="logs"),
    path(f"{OBJECT}events/", objects.events_page, name="events"),
    path(f"{OBJECT}yaml/", objects.yaml_page, name="yaml"),
    path(f"{OBJECT}scale/", scale.scale_page, name="scale"),
    path("admin/", admin.site.urls),
]

handler400 = "dashboard.views.problems.bad_request"
handler404 = "dashboard.views.problems.not_found"
handler500 = "dashboard.views.problems.server_error"
