// Command coredns is CoreDNS with the few plugins that a cluster's DNS needs, so that it builds in a minute and starts in a blink.
package main

import (
	// "on" starts and stops with the server; CoreDNS expects it to be there.
	_ "github.com/coredns/caddy/onevent"
	"github.com/coredns/coredns/core/dnsserver"
	"github.com/coredns/coredns/coremain"
	_ "github.com/coredns/coredns/plugin/cache"
	_ "github.com/coredns/coredns/plugin/errors"
	_ "github.com/coredns/coredns/plugin/forward"
	_ "github.com/coredns/coredns/plugin/health"
	_ "github.com/coredns/coredns/plugin/hosts"
	_ "github.com/coredns/coredns/plugin/kubernetes"
	_ "github.com/coredns/coredns/plugin/log"
	_ "github.com/coredns/coredns/plugin/ready"
	_ "github.com/coredns/coredns/plugin/reload"
)

func main() {
	// The order in which plugins see a query, as in CoreDNS' own plugin.cfg; a plugin that is not named here does not run.
	dnsserver.Directives = []string{
		"reload", "ready", "health", "errors", "log", "cache", "hosts", "kubernetes", "forward", "on",
	}
	coremain.Run()
}
