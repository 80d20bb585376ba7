package client

import (
	"context"
	"net/http"
	"net/url"
)

// OpenSession is a session of yours.
type OpenSession struct {
	ID      string `json:"id"`
	Started string `json:"started" format:"date-time"`
	Used    string `json:"used" format:"date-time" doc:"Last use, to the minute"`
	Address string `json:"address,omitempty" doc:"IP address that it was opened from"`
	Agent   string `json:"agent,omitempty" doc:"What the browser or program called itself"`
	Current bool   `json:"current" doc:"The one that asks"`
}

// Sessions lists your open sessions, the last used first.
func (c *Client) Sessions(ctx context.Context) ([]OpenSession, error) {
	var out Page[OpenSession]
	err := c.call(ctx, request{method: http.MethodGet, path: "/api/v1/sessions"}, nil, &out)
	return out.Items, err
}

// EndSession ends a session of yours.
func (c *Client) EndSession(ctx context.Context, id string) error {
	return c.call(ctx, request{method: http.MethodDelete, path: "/api/v1/sessions/" + url.PathEscape(id)}, nil, nil)
}

// EndOtherSessions ends all of your sessions but the one that asks, and returns how many those were.
func (c *Client) EndOtherSessions(ctx context.Context) (int, error) {
	var out struct {
		Ended int `json:"ended"`
	}
	err := c.call(ctx, request{method: http.MethodDelete, path: "/api/v1/sessions"}, nil, &out)
	return out.Ended, err
}
