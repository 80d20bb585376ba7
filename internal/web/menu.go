package web

import (
	"slices"

	"chiave/internal/licensing/access"
	"chiave/internal/web/ui"
)

// menu is the reader's menu with the page at here. It only offers; the rooms decide what is opened.
func (c *call) menu(here ui.Place) []ui.NavItem {
	if c.user == nil {
		return nil
	}
	return ui.Menu(c.view.Printer, here, c.place)
}

// place says whether the reader's menu has a place. A place without a page is in nobody's; a customer sees dimmed what a
// role on a Licensing ID would open (GEN-03, GEN-12).
func (c *call) place(place ui.Place) ui.Access {
	action := menuAction(place)
	switch {
	case !c.web.pages[place.Path()]:
		return ui.Access{Hidden: true}
	case place == ui.Tenant:
		return ui.Access{Hidden: !c.administers}
	case action == access.SelfService:
		return ui.Access{}
	case place == ui.PendingRequests && c.staffMay(access.AnswerRequests):
		return ui.Access{}
	case len(access.RolesFor(action)) == 0:
		return ui.Access{Hidden: !c.staffMay(action)}
	case c.user.Staff != "" && len(c.permissions) == 0:
		return ui.Access{Hidden: !c.staffMay(action)}
	case !c.holds(action):
		return ui.Access{Reason: c.view.T("web.needs_role", "roles", roleNames(c.view.Printer, access.RolesFor(action)))}
	}
	return ui.Access{}
}

// menuAction is what somebody has to be allowed somewhere for a place to be worth opening.
func menuAction(place ui.Place) access.Action {
	switch place {
	case ui.LicenseSummary:
		return access.ViewReports
	case ui.DownloadsAndKeys:
		return access.ViewKeys
	case ui.AuditTrail:
		return access.ReadAudit
	case ui.ManageUsers:
		return access.ManageUsers
	case ui.StaffImports:
		return access.Import
	case ui.StaffTenants:
		return access.MaintainTenants
	case ui.StaffInvitations:
		return access.ReleaseInvitations
	case ui.StaffViewAs:
		return access.ViewAs
	case ui.PendingRequests:
		return access.ManageUsers
	case ui.StaffKeys:
		return access.MaintainKeys
	default:
		return access.SelfService
	}
}

// staffMay reports which actions are part of the work of the reader's kind of staff.
func (c *call) staffMay(action access.Action) bool {
	works := []access.Action{}
	switch c.user.Staff {
	case access.Operator:
		works = []access.Action{access.ViewReports, access.ReadAudit, access.Import, access.ReleaseInvitations, access.MaintainKeys, access.AnswerRequests, access.MaintainTenants, access.ViewAs}
	case access.Support:
		works = []access.Action{access.ViewReports, access.ReadAudit, access.AnswerRequests, access.ViewAs}
	}
	return slices.Contains(works, action)
}
