--
-- The benchmark's tables: the same firms with float8 and, where variable numeric is on, with numeric columns.
-- Variable rows: how many firms.
--
\set QUIET 1
\set ON_ERROR_STOP 1
SET client_min_messages = warning;
DROP SCHEMA IF EXISTS bench CASCADE;
DROP SCHEMA IF EXISTS province CASCADE;
\ir ../data/province.sql
CREATE SCHEMA bench;
CREATE UNLOGGED TABLE bench.firm_float8 AS
SELECT firm, stage, rd_expense, rd_expense_growth, rd_intensity, rd_staff_share, invention_patents, pct_patents,
       tech_contract_value, hitech_revenue, revenue, revenue_growth, postgraduate_share, rd_tax_relief,
       net_asset_margin, graduates_hired, rd_platforms, science_awards, science_projects, venture_capital
FROM province.firms(:rows, 2024, 1);
-- a register knows each firm once
ALTER TABLE bench.firm_float8 ADD PRIMARY KEY (firm);
VACUUM (FREEZE, ANALYZE) bench.firm_float8;
\if :numeric
-- what a warehouse makes of them: money with two places, counts with none, rates with what they have
CREATE UNLOGGED TABLE bench.firm_numeric AS
SELECT firm, stage, rd_expense::numeric(20,2), rd_expense_growth::numeric, rd_intensity::numeric,
       rd_staff_share::numeric, invention_patents::numeric(20,0), pct_patents::numeric(20,0),
       tech_contract_value::numeric(20,2), hitech_revenue::numeric(20,2), revenue::numeric(20,2),
       revenue_growth::numeric, postgraduate_share::numeric, rd_tax_relief::numeric(20,2), net_asset_margin::numeric,
       graduates_hired::numeric(20,0), rd_platforms::numeric(20,0), science_awards::numeric(20,0),
       science_projects::numeric(20,0), venture_capital::numeric(20,2)
FROM bench.firm_float8;
ALTER TABLE bench.firm_numeric ADD PRIMARY KEY (firm);
VACUUM (FREEZE, ANALYZE) bench.firm_numeric;
\endif
