package agreements

import (
	"context"
	"errors"
	"fmt"
	"io"
	"reflect"

	"chiave/internal/licensing/access"
	"chiave/internal/licensing/accounts"
	"chiave/internal/licensing/audit"
	"chiave/internal/licensing/partners"
	"chiave/internal/platform/db"
	"chiave/internal/platform/errs"
	"chiave/internal/platform/feed"
	"chiave/internal/platform/ids"
)

const room = "agreements"

// Service is the room's use cases. It is safe for concurrent use.
type Service struct {
	db       *db.DB
	access   *access.Service
	accounts *accounts.Service
	partners *partners.Service
}

// New returns the service.
func New(d *db.DB, who *access.Service, people *accounts.Service, sellers *partners.Service) *Service {
	return &Service{db: d, access: who, accounts: people, partners: sellers}
}

// Import takes an agreements file in, whole or not at all, and queues invitations to the people it names. Bad rows are in
// the report, which is not an error then. It is judged while others write; a dry run and a file with problems end there. People are
// greeted after the publication: when that is cut short, Greet goes on with it. Errors: those of Gate.Staff for Import; Conflict
// "imports.running", "imports.lost"; Limited "feed.too_large"; those of r.
func (s *Service) Import(ctx context.Context, actor audit.Actor, file string, r io.Reader, dryRun bool) (feed.Report, error) {
	report := feed.Report{File: file, DryRun: dryRun}
	if err := s.access.Read(ctx, actor, func(_ *db.Tx, g *access.Gate) error { return g.Staff(access.Import) }); err != nil {
		return report, err
	}
	found := feed.NewProblems(file)
	root, sum, err := feed.ReadDocument(r, found)
	if err != nil {
		return report, err
	}
	d := readDocument(root)
	run, err := feed.Begin(ctx, s.db, room, file, dryRun)
	if err != nil {
		return report, err
	}
	report.ID, report.SHA256, report.Rows = feed.WireID.Wire(run.ID), sum, d.rows()
	var waiting []greeting
	attempt := func(tx *db.Tx, by audit.Actor) error {
		report.Created, report.Changed, report.Unchanged, report.Invitations = 0, 0, 0, 0
		p := &publication{Service: s, tx: tx, actor: by, run: run, report: &report, foreseen: foreseen{map[string]string{}, map[string]string{}, map[string]bool{}},
			judge: judge{organizations: map[string]ids.ID{}, partners: map[string]ids.ID{}, problems: found.Clone()}}
		err := p.take(&d)
		actor, waiting = by, p.waiting
		return err
	}
	err = s.db.Read(ctx, func(tx *db.Tx) error { return attempt(tx, actor) })
	if err == nil && !dryRun {
		err = s.access.Write(ctx, actor, func(tx *db.Tx, g *access.Gate) error {
			if err := g.Staff(access.Import); err != nil {
				return err
			}
			return attempt(tx, g.Actor())
		})
		if err == nil {
			report.Invitations, err = s.greet(ctx, actor, waiting)
			return report, err
		}
	}
	if errors.Is(err, feed.ErrNotPublished) {
		err = nil
	}
	return report, errors.Join(err, run.Abandon(ctx))
}

// publication is one walk through a file: in a transaction that may write it publishes, in another it finds out what publishing
// would do and what is wrong.
type publication struct {
	*Service
	judge
	foreseen
	tx      *db.Tx
	actor   audit.Actor
	run     *feed.Run
	report  *feed.Report
	waiting []greeting // new contacts, who are greeted once the file is published
}

// take judges the file and publishes it, if the transaction may write. Publishing judges again: what other rooms keep may have changed.
func (p *publication) take(d *document) error {
	if err := p.saveOrganizations(d); err != nil {
		return fmt.Errorf("saving organizations: %w", err)
	}
	if err := p.savePartners(d); err != nil {
		return fmt.Errorf("saving partners: %w", err)
	}
	if err := p.lookUp(d); err != nil {
		return err
	}
	p.judge.all(d)
	if p.problems.Fill(p.report); p.problems.Any() {
		p.report.Created, p.report.Changed, p.report.Unchanged = 0, 0, 0
		return feed.ErrNotPublished
	}
	if err := p.writeAgreements(d); err != nil {
		return fmt.Errorf("writing agreements: %w", err)
	}
	if !p.tx.Writes() {
		return nil
	}
	if err := p.run.Publish(p.tx, *p.report); err != nil {
		return err
	}
	p.tx.SetResult(p.report.ID)
	return audit.Record(p.tx, p.actor, audit.Event{Action: "imports.published", Object: p.report.ID, After: p.run.Record(*p.report)})
}

func (p *publication) count(created, changed bool) {
	switch {
	case created:
		p.report.Created++
	case changed:
		p.report.Changed++
	default:
		p.report.Unchanged++
	}
}

func (p *publication) saveOrganizations(d *document) error {
	seen := map[string]accounts.Organization{}
	for _, row := range d.organizations {
		if first, twice := seen[row.Code]; twice {
			if row.Code != "" && !reflect.DeepEqual(first, row.Organization) {
				p.problems.Add(row.at["code"], "feed.row_twice", errs.Params{"key": row.Code})
			}
			p.count(false, false)
			continue
		}
		seen[row.Code] = row.Organization
		p.organizations[row.Code] = ""
		if row.bad {
			continue
		}
		if err := p.saveOrganization(row); err != nil {
			return err
		}
	}
	return nil
}

func (p *publication) saveOrganization(row organizationRow) error {
	f, err := p.accounts.ForeseeOrganizationTx(p.tx, row.Organization)
	if err == nil && p.tx.Writes() && f.Changed {
		f.ID, f.Changed, err = p.accounts.SaveOrganizationTx(p.tx, p.actor, row.Organization)
	} else if err == nil {
		err = p.foreseen.tenant(f.Organization)
	}
	if refused, ok := errors.AsType[*errs.Error](err); ok && (refused.Kind == errs.Invalid || refused.Kind == errs.Conflict) {
		for _, f := range refused.Fields {
			p.problems.Add(row.at[f.Pointer], f.Code, f.Params)
		}
		if len(refused.Fields) == 0 {
			p.problems.Add(row.at[refusedMember(refused.Code)], refused.Code, refused.Params)
		}
		return nil
	}
	p.organizations[row.Code] = f.ID
	p.count(f.Created, f.Changed)
	return err
}

// refusedMember returns the member of an organization that a refusal of accounts is about; "" for the whole.
func refusedMember(code string) string {
	return map[string]string{"accounts.country_fixed": "country", "accounts.tenant_taken": "tenant/id",
		"accounts.domain_taken": "tenant/primary_domain"}[code]
}

func (p *publication) savePartners(d *document) error {
	codes := make([]string, len(d.partners))
	for i, row := range d.partners {
		codes[i] = row.Code
	}
	known, err := p.Service.partners.ByCodesTx(p.tx, codes)
	if err != nil {
		return err
	}
	seen := map[string]partners.Partner{}
	for _, row := range d.partners {
		if first, twice := seen[row.Code]; twice {
			if row.Code != "" && first != row.Partner {
				p.problems.Add(row.code, "feed.row_twice", errs.Params{"key": row.Code})
			}
			p.count(false, false)
			continue
		}
		seen[row.Code] = row.Partner
		p.judge.partners[row.Code] = ""
		if row.bad {
			continue
		}
		before, exists := known[row.Code]
		id, changed := before.ID, before.Name != row.Name
		switch {
		case changed && p.tx.Writes():
			if id, _, err = p.Service.partners.SaveTx(p.tx, p.actor, row.Partner); err != nil {
				return err
			}
		case !exists:
			id = p.tx.NewID() // a stand-in: it is recorded when the file is published
		}
		p.judge.partners[row.Code] = id
		p.count(!exists, exists && changed)
	}
	return nil
}

// lookUp finds what the rows refer to outside the file.
func (p *publication) lookUp(d *document) error {
	var codes []string
	for _, row := range d.agreements {
		codes = append(codes, row.Partner)
		if _, known := p.organizations[row.Organization]; known || row.Organization == "" {
			continue
		}
		o, err := p.accounts.OrganizationByCodeTx(p.tx, row.Organization)
		if errs.KindOf(err) == errs.NotFound {
			continue
		}
		if err != nil {
			return err
		}
		p.organizations[row.Organization] = o.ID
	}
	known, err := p.Service.partners.ByCodesTx(p.tx, codes)
	if err != nil {
		return err
	}
	for code, partner := range known {
		if _, inFile := p.judge.partners[code]; !inFile {
			p.judge.partners[code] = partner.ID
		}
	}
	if p.programs, err = p.ProgramsTx(p.tx); err != nil {
		return err
	}
	p.book, err = newBook(p.tx, d)
	return err
}
