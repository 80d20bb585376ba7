package api

import (
	"cmp"
	"context"
	"encoding/json"

	"chiave/client"
	"chiave/internal/licensing/access"
	"chiave/internal/licensing/agreements"
	"chiave/internal/licensing/audit"
	"chiave/internal/licensing/reports"
	"chiave/internal/platform/i18n"
	"chiave/internal/platform/ids"
)

const auditWire = ids.Prefix("aud")

// programName is the English name of a program, which files for machines carry in every language.
func (a *API) programName(code string) string {
	return a.Texts.For(i18n.English).T(agreements.NameKey(code, ""))
}

func (a *API) listAudit(ctx context.Context, c Caller, in *struct {
	Cursor      string `query:"cursor" maxLength:"1000" doc:"Next of the page before"`
	Limit       int    `query:"limit" minimum:"1" maximum:"200" default:"50"`
	LicensingID string `query:"licensing_id" maxLength:"200" doc:"Number of a Licensing ID; all that you may read of when absent"`
	Action      string `query:"action" maxLength:"100" doc:"Start of an action: keys. for all about keys"`
	Object      string `query:"object" maxLength:"100" doc:"Id of what was acted on"`
}) (*body[client.Page[client.AuditRecord]], error) {
	after, err := a.resume(ctx, in.Cursor)
	if err != nil {
		return nil, err
	}
	f := audit.Filter{Object: in.Object, Action: in.Action, Limit: in.Limit, After: ids.ID(after)}
	if in.LicensingID != "" {
		lid, err := a.Rooms.Agreements.FindFor(ctx, c.Actor, access.ReadAudit, in.LicensingID)
		if err != nil {
			return nil, err
		}
		f.LicensingID = lid
	}
	list, more, err := a.Rooms.Reports.AuditTrail(ctx, c.Actor, f)
	if err != nil {
		return nil, err
	}
	page := client.Page[client.AuditRecord]{Items: make([]client.AuditRecord, 0, len(list))}
	for _, e := range list {
		page.Items = append(page.Items, wireRecord(printerOf(ctx), e))
	}
	if more {
		page.Next, err = a.next(ctx, string(list[len(list)-1].ID))
	}
	return ok(page), err
}

func wireRecord(texts i18n.Printer, e reports.Record) client.AuditRecord {
	r := client.AuditRecord{ID: auditWire.Wire(e.ID), At: instant(e.At), ActorKind: string(e.Actor.Kind), Actor: userWire.Wire(e.Actor.ID), Action: e.Action,
		Object: e.Object, LicensingID: e.LicensingNumber, ActorName: e.ActorName, Refused: e.Refused, Before: optionalJSON(e.Before), After: optionalJSON(e.After),
		Request: e.Actor.Request, Sealed: e.Sealed, ActionText: e.Action}
	if key := "audit." + e.Action; texts.Has(key) {
		r.ActionText = texts.T(key)
	}
	if e.ActorStaff != "" {
		r.ActorName = texts.T("audit_page.staff", "name", cmp.Or(e.ActorName, r.Actor))
	}
	if e.Actor.For != "" {
		r.ActedFor = ids.Prefix("org").Wire(e.Actor.For)
	}
	return r
}

// optionalJSON keeps an absent value out of the answer.
func optionalJSON(raw json.RawMessage) any {
	if raw == nil {
		return nil
	}
	return raw
}
