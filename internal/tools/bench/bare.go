package main

import (
	"context"
	"crypto/ed25519"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"path/filepath"
)

// path is where machines ask to be activated.
const path = "/activation/v1/activations"

// serveBare is the peer: net/http, one signature of the request's body, an answer of like size. It decides and keeps nothing.
func serveBare(ctx context.Context, _ options) error {
	_, key, err := ed25519.GenerateKey(nil)
	if err != nil {
		return err
	}
	socket, err := (&net.ListenConfig{}).Listen(ctx, "tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	mux := http.NewServeMux()
	mux.HandleFunc("POST "+path, func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		if err != nil {
			http.Error(w, "unreadable", http.StatusBadRequest)
			return
		}
		token := base64.RawURLEncoding.EncodeToString(body) + "." + base64.RawURLEncoding.EncodeToString(ed25519.Sign(key, body))
		w.Header().Set("Content-Type", "application/json")
		json.NewEncoder(w).Encode(map[string]string{"token": token})
	})
	fmt.Printf("{\"url\":\"http://%s\"}\n", socket.Addr())
	server := &http.Server{Handler: mux}
	context.AfterFunc(ctx, func() { server.Close() })
	if err := server.Serve(socket); err != http.ErrServerClosed {
		return err
	}
	return nil
}

// startBare starts the peer in a process of its own.
func startBare(ctx context.Context, dir string) (*process, error) {
	self, err := os.Executable()
	if err != nil {
		return nil, err
	}
	return start(ctx, filepath.Join(dir, "bare.log"), self, "bare")
}
