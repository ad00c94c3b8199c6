-- Derived from data_contracts by `dlnuf contracts generate`: do not edit.
-- Statements of resid, beside the stays that the systems believed before it tell.
{{ place_statements('resid', before=[ref('int_sejours__etape_dui')], is_monthly=true) }}
