package apptest

// The numbers of the Licensing IDs. Rossi has the first two, Harbour the last.
const (
	Enterprise = "E-1001"
	Select     = "S-2002"
	Foreign    = "E-9001"
)

// The feeds that a world is filled with.
const (
	Catalog = `{
  "products": [
    {"code": "NIB-STD", "name": "Nimbus Office Standard", "family": "Nimbus Office", "pool": "Applications", "class": "office",
     "versions": [{"name": "2019", "released": "2018-09-24"}, {"name": "2024", "released": "2024-10-01"}]},
    {"code": "COR-STD", "name": "Corallo Server Standard", "family": "Corallo Server", "pool": "Servers", "class": "server",
     "versions": [{"name": "2022", "released": "2021-08-18"}]}
  ]
}`
	Agreements = `{
  "organizations": [
    {"code": "ROSSI", "legal_name": "Rossi Meccanica S.p.A.", "country": "IT", "time_zone": "Europe/Rome", "segment": "commercial"},
    {"code": "HARBOUR", "legal_name": "Harbour & Finch Ltd", "country": "GB", "time_zone": "Europe/London", "segment": "commercial"}
  ],
  "partners": [{"code": "TECNO", "name": "Tecnoponte Servizi S.r.l."}],
  "agreements": [
    {"level": "master", "number": "M-5", "organization": "ROSSI", "start": "2020-01-01"},
    {"level": "parent", "number": "P-77", "program": "enterprise", "organization": "ROSSI", "master": "M-5", "start": "2020-01-01",
     "contacts": [{"type": "primary", "email": "chiara.bianchi@rossi.example", "first_name": "Chiara", "last_name": "Bianchi"}]},
    {"licensing_id": "E-1001", "program": "enterprise", "organization": "ROSSI", "partner": "TECNO", "parent": "P-77", "start": "2024-01-01", "end": "2027-12-31",
     "contacts": [{"type": "primary", "email": "chiara.bianchi@rossi.example", "first_name": "Chiara", "last_name": "Bianchi"},
                  {"type": "partner", "email": "licenze@tecnoponte.example", "first_name": "Marta", "last_name": "Colombo"}]},
    {"licensing_id": "S-2002", "program": "select-plus", "organization": "ROSSI", "partner": "TECNO", "start": "2025-01-01",
     "contacts": [{"type": "primary", "email": "chiara.bianchi@rossi.example", "first_name": "Chiara", "last_name": "Bianchi"}]},
    {"licensing_id": "E-9001", "program": "enterprise", "organization": "HARBOUR", "start": "2025-01-01", "end": "2027-12-31",
     "contacts": [{"type": "primary", "email": "amelia.finch@harbour.example", "first_name": "Amelia", "last_name": "Finch"}]}
  ]
}`
	Orders = `line_id,licensing_id,order_number,order_date,partner,product,version,kind,quantity,coverage_start,coverage_end
OL-1,E-1001,PO-700,2024-01-10,TECNO,NIB-STD,,LSA,120,2024-02-01,2026-12-31
OL-2,E-1001,PO-700,2024-01-10,TECNO,COR-STD,2022,L,12,,
OL-3,S-2002,PO-644,2025-03-20,TECNO,NIB-STD,2019,L,45,,
OL-4,E-9001,PO-9,2025-01-15,,NIB-STD,2019,L,40,,
`
	Keys = "Licensing ID\tParent Program\tOrganization\tProduct\tProduct Key\tType\tMAK Activations-Used/Available\n" +
		"S-2002\tSelect Plus\tRossi Meccanica S.p.A.\tElsewhere Suite\tAB12C-DE34F-GH56J-KL78M-NP90Q\tMAK\t3/50\n"
)
