-- Derived from data_contracts by `dlnuf contracts generate`: do not edit.
-- Statements of dui, beside the stays that the systems believed before it tell.
{{ place_statements('dui', before=[], is_monthly=false) }}
