package tenants

import (
	"context"
	"net"
)

// ResolverAt returns a resolver that asks the name server at address; the system's when that is empty.
func ResolverAt(address string) *net.Resolver {
	if address == "" {
		return net.DefaultResolver
	}
	return &net.Resolver{PreferGo: true, Dial: func(ctx context.Context, network, _ string) (net.Conn, error) {
		return (&net.Dialer{}).DialContext(ctx, network, address)
	}}
}
