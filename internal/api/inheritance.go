package api

import (
	"context"
	"net/http"

	"chiave/client"
	"chiave/internal/licensing/access"
	"chiave/internal/routes"
)

func (a *API) registerInheritance() {
	add(a, get("/api/v1/my-inheritance", "myInheritance", access.SelfService, "", "The parent and master agreements that name you, and what you have chosen about them"), a.myInheritance)
	s := change(http.MethodPut, "/api/v1/my-inheritance/{agreement}", "chooseInheritance", access.SelfService, "agr", "inheritance.chosen", routes.Natural,
		"Choose whether you are Administrator of the Licensing IDs below an agreement that names you")
	s.status = http.StatusNoContent
	add(a, s, a.chooseInheritance)
}

func (a *API) myInheritance(ctx context.Context, c Caller, _ *struct{}) (*body[client.Page[client.Inheritance]], error) {
	list, err := a.Rooms.Access.MyInheritance(ctx, c.Actor)
	page := client.Page[client.Inheritance]{Items: []client.Inheritance{}}
	for _, i := range list {
		page.Items = append(page.Items, client.Inheritance{ID: access.Agreements.Wire(i.Agreement), Number: i.Number, Level: i.Level, Program: i.Program, Contacts: i.Types,
			Administers: i.Administers, Below: i.Below})
	}
	return ok(page), err
}

func (a *API) chooseInheritance(ctx context.Context, c Caller, in *struct {
	Agreement string `path:"agreement" maxLength:"64" doc:"Id of the agreement: agr_…"`
	Body      client.InheritanceChoice
}) (*struct{}, error) {
	id, err := access.Agreements.Parse(in.Agreement)
	if err != nil {
		id = "" // unknown like one that does not exist
	}
	return nil, a.Rooms.Access.ChooseInheritance(ctx, c.Actor, id, in.Body.Administers)
}
