package agreements

import (
	"slices"

	"chiave/internal/licensing/access"
	"chiave/internal/licensing/accounts"
	"chiave/internal/licensing/entitlements"
	"chiave/internal/licensing/partners"
	"chiave/internal/platform/errs"
	"chiave/internal/platform/feed"
)

// Level is where an agreement stands.
type Level string

// The levels.
const (
	LevelLicensingID Level = "licensing_id"
	LevelParent      Level = "parent"
	LevelMaster      Level = "master"
)

// facts is what a row says about its agreement, references by code and number. It is also the body of a revision.
type facts struct {
	Program             string            `json:"program,omitempty"`
	Organization        string            `json:"organization,omitempty"`
	Partner             string            `json:"partner,omitempty"`
	Parent              string            `json:"parent,omitempty"`
	Master              string            `json:"master,omitempty"`
	Predecessor         string            `json:"predecessor,omitempty"`
	Start               entitlements.Date `json:"start,omitempty"`
	End                 entitlements.Date `json:"end,omitempty"`
	AgreementNumber     string            `json:"agreement_number,omitempty"`
	EnrollmentNumber    string            `json:"enrollment_number,omitempty"`
	AuthorizationNumber string            `json:"authorization_number,omitempty"`
	OwnerID             string            `json:"owner_id,omitempty"`
}

// document is an agreements file: what it says, in its order, with the place of everything.
type document struct {
	organizations []organizationRow
	partners      []partnerRow
	agreements    []agreementRow
}

func (d *document) rows() int { return len(d.organizations) + len(d.partners) + len(d.agreements) }

type organizationRow struct {
	accounts.Organization
	at  map[string]feed.Place // by JSON pointer, as in errors of accounts
	bad bool
}

type partnerRow struct {
	partners.Partner
	code feed.Place
	bad  bool
}

type agreementRow struct {
	level  Level
	number string
	facts
	contacts []Contact
	at       map[string]feed.Place // by member
}

func readDocument(root *feed.Object) document {
	var d document
	for _, o := range root.Objects("organizations") {
		d.organizations = append(d.organizations, readOrganization(o))
	}
	for _, o := range root.Objects("partners") {
		code, name := o.Need("code"), o.Need("name")
		o.Close()
		d.partners = append(d.partners, partnerRow{partners.Partner{Code: code.Value, Name: name.Value}, code.Place, o.Bad()})
	}
	for _, o := range root.Objects("agreements") {
		d.agreements = append(d.agreements, readAgreement(o))
	}
	root.Close()
	return d
}

func readOrganization(o *feed.Object) organizationRow {
	row := organizationRow{at: map[string]feed.Place{"": o.Place}}
	take := func(t feed.Text, pointer string) string {
		row.at[pointer] = t.Place
		return t.Value
	}
	row.Code, row.LegalName = take(o.Need("code"), "code"), take(o.Need("legal_name"), "legal_name")
	row.Country, row.Segment = take(o.Need("country"), "country"), take(o.Need("segment"), "segment")
	row.TimeZone = take(o.Text("time_zone"), "time_zone")
	if t := o.Object("tenant"); t != nil {
		row.Tenant = &accounts.Tenant{Name: take(t.Need("name"), "tenant/name"), PrimaryDomain: take(t.Need("primary_domain"), "tenant/primary_domain"),
			ID: take(t.Need("id"), "tenant/id")}
		t.Close()
		row.bad = t.Bad()
	}
	o.Close()
	row.bad = row.bad || o.Bad()
	return row
}

func readAgreement(o *feed.Object) agreementRow {
	row := agreementRow{at: map[string]feed.Place{"": o.Place}}
	text := func(name string) string {
		t := o.Text(name)
		row.at[name] = t.Place
		return t.Value
	}
	row.level = readLevel(o)
	named, need := "number", o.Text
	if row.level == LevelLicensingID {
		named, need = "licensing_id", o.Need
	}
	number := o.Need(named)
	row.number, row.at["number"] = number.Value, number.Place
	program, organization := need("program"), need("organization")
	row.Program, row.at["program"] = program.Value, program.Place
	row.Organization, row.at["organization"] = organization.Value, organization.Place
	row.Partner, row.Parent, row.Master, row.Predecessor = text("partner"), text("parent"), text("master"), text("predecessor")
	row.AgreementNumber, row.EnrollmentNumber = text("agreement_number"), text("enrollment_number")
	row.AuthorizationNumber, row.OwnerID = text("authorization_number"), text("owner_id")
	row.Start, row.at["start"] = day(o, "start")
	row.End, row.at["end"] = day(o, "end")
	row.above(o)
	for _, c := range o.Objects("contacts") {
		row.addContact(c)
	}
	o.Close()
	return row
}

func readLevel(o *feed.Object) Level {
	t := o.Text("level")
	switch level := Level(t.Value); level {
	case "":
		return LevelLicensingID
	case LevelLicensingID, LevelParent, LevelMaster:
		return level
	}
	o.Refuse(t.Place, "agreements.level_unknown", errs.Params{"value": t.Value})
	if o.Has("licensing_id") {
		return LevelLicensingID
	}
	return LevelParent
}

// above refuses references that the level does not have, and forgets them. Since each level refers to higher ones only,
// no agreement can stand above itself.
func (row *agreementRow) above(o *feed.Object) {
	forget := func(name string, value *string) {
		if *value != "" {
			o.Refuse(row.at[name], "agreements.reference_not_allowed", errs.Params{"name": name, "level": string(row.level)})
		}
		*value = ""
	}
	if row.level != LevelLicensingID {
		forget("parent", &row.Parent)
		forget("predecessor", &row.Predecessor)
	}
	if row.level == LevelMaster {
		forget("master", &row.Master)
	}
}

func (row *agreementRow) addContact(o *feed.Object) {
	kind, email := o.Need("type"), o.Text("email")
	first, last := o.Text("first_name"), o.Text("last_name")
	c := Contact{Type: ContactType(kind.Value), FirstName: first.Value, LastName: last.Value}
	o.Close()
	for _, name := range []feed.Text{first, last} {
		if fault := accounts.CheckName(name.Value); fault != nil {
			o.Refuse(name.Place, fault.Code, fault.Params)
		}
	}
	if kind.Value != "" && !slices.Contains(ContactTypes(), c.Type) {
		o.Refuse(kind.Place, "agreements.contact_type_unknown", errs.Params{"value": kind.Value})
	}
	var err error
	if email.Value != "" {
		if c.Address, err = access.NormalizeAddress(email.Value); err != nil {
			o.Refuse(email.Place, errs.CodeOf(err), errs.Params{"value": email.Value})
		}
	} else if c.Type != ChannelPartner && !o.Bad() {
		o.Refuse(email.Place, "feed.missing", errs.Params{"name": "email"})
	}
	if !o.Bad() && !slices.Contains(row.contacts, c) {
		row.contacts = append(row.contacts, c)
	}
}

// day takes an optional date.
func day(o *feed.Object, name string) (entitlements.Date, feed.Place) {
	t := o.Text(name)
	if t.Value == "" {
		return 0, t.Place
	}
	d, err := entitlements.ParseDate(t.Value)
	if err != nil {
		o.Refuse(t.Place, "feed.not_date", errs.Params{"value": t.Value})
	}
	return d, t.Place
}
