-- Derived from data_contracts by `dlnuf contracts generate`: do not edit.
-- Statements of vt, beside the stays that the systems believed before it tell.
{{ place_statements('vt', before=[ref('int_sejours__etape_dui'), ref('int_sejours__etape_resid')], is_monthly=false) }}
