"""Pages of this noun."""

from __future__ import annotations

from django.urls import URLPattern, URLResolver, include, path

from vonggac.web.organisations.views import mandates, networks, organisations, people, profile, succession, systems

urlpatterns: list[URLPattern | URLResolver] = [
    path("", include("vonggac.web.organisations.imports.urls")),
    path("organisations/", organisations.organisations, name="organisations"),
    path("organisations/new", organisations.add, name="organisation-add"),
    path("organisations/pick", organisations.pick, name="organisation-pick"),
    path("organisations/mine", organisations.mine, name="organisation-mine"),
    path("organisations/merge", succession.merge, name="organisation-merge"),
    path("organisations/<int:organisation_id>/", profile.overview, name="organisation"),
    path("organisations/<int:organisation_id>/networks", profile.networks, name="organisation-networks"),
    path("organisations/<int:organisation_id>/systems", profile.systems, name="organisation-systems"),
    path("organisations/<int:organisation_id>/people", profile.people, name="organisation-people"),
    path("organisations/<int:organisation_id>/history", profile.history, name="organisation-history"),
    path("organisations/<int:organisation_id>/edit", organisations.edit, name="organisation-edit"),
    path("organisations/<int:organisation_id>/rename", organisations.rename, name="organisation-rename"),
    path("organisations/<int:organisation_id>/move", organisations.move, name="organisation-move"),
    path("organisations/<int:organisation_id>/close", organisations.close, name="organisation-close"),
    path("organisations/<int:organisation_id>/reopen", organisations.reopen, name="organisation-reopen"),
    path("organisations/<int:organisation_id>/split", succession.split, name="organisation-split"),
    path(
        "organisations/<int:organisation_id>/successions/<int:reorganisation_id>/undo",
        succession.undo,
        name="succession-undo",
    ),
    path("organisations/<int:organisation_id>/mandates/new", mandates.add, name="mandate-add"),
    path("organisations/<int:organisation_id>/networks/new", networks.add, name="network-add"),
    path("organisations/<int:organisation_id>/systems/new", systems.add, name="system-add"),
    path("organisations/<int:organisation_id>/people/new", people.add, name="person-add"),
    path("organisations/<int:organisation_id>/contacts/new", people.add_contact, name="contact-add"),
    path("organisations/<int:organisation_id>/contacts/order", people.order_contacts, name="contact-order"),
    path("mandates/<int:mandate_id>/edit", mandates.edit, name="mandate-edit"),
    path("mandates/<int:mandate_id>/end", mandates.end, name="mandate-end"),
    path("networks/", networks.networks, name="networks"),
    path("networks/owner", networks.owner, name="network-owner"),
    path("networks/<int:network_id>/edit", networks.edit, name="network-edit"),
    path("networks/<int:network_id>/end", networks.end, name="network-end"),
    path("systems/", systems.systems, name="systems"),
    path("systems/<int:system_id>/", systems.system, name="system"),
    path("systems/<int:system_id>/edit", systems.edit, name="system-edit"),
    path("systems/<int:system_id>/end", systems.end, name="system-end"),
    path("people/", people.people, name="people"),
    path("people/<int:person_id>/", people.person, name="person"),
    path("people/<int:person_id>/edit", people.edit, name="person-edit"),
    path("people/<int:person_id>/end", people.end, name="person-end"),
    path("contacts/<int:contact_id>/edit", people.edit_contact, name="contact-edit"),
    path("contacts/<int:contact_id>/end", people.end_contact, name="contact-end"),
]
