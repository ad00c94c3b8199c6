"""From a delivered file to accepted and rejected Parquet, and to the day when it may go.

Belongs here: the way of a datum before the warehouse, one room a step (`receive`, `read`, `validate`, `protect`,
`store`, `retain`), and what they share: the clock, the home, the pipeline that calls them in order. Does not belong
here: what a contract says (`data_contracts`), when things run (`orchestration`), any SQL of the layer
(`dbt_project`).
"""
