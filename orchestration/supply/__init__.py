"""What the layer gives a collection back: its last year, in its own layout, unless the collection would lose by it.

    supply_rows  what the warehouse gives a collection, ESMS by ESMS, and what was measured of it
    given_back   the files of one collection, or the reason why there are none

Belongs here: deliveries to the owners of collections. Does not belong here: what is given and measured (the models
`int_formulaires__fournitures` and `mart_qualite__non_regression`), what a collection may lose
(`data_contracts.supply_rules`), the report on it (`orchestration.publication.consumers_report`), forms for ESMS
(`orchestration.forms`), persons (`orchestration.restitution`).
"""
