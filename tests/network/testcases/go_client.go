// go_client URL...: fetches each with Go's own resolver and TLS, and says what came.
// go_client order: says in which order the addresses of a name are tried.
package main

import (
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"sort"
	"time"
)

func main() {
	client := &http.Client{Timeout: 20 * time.Second}
	for _, url := range os.Args[1:] {
		if url == "order" {
			addresses, err := net.DefaultResolver.LookupHost(context.Background(), "registry.test")
			fmt.Println(addresses, err)
			return
		}
		answer, err := client.Get(url)
		if err != nil {
			fmt.Println("error:", err)
			continue
		}
		body, _ := io.ReadAll(answer.Body)
		answer.Body.Close()
		fmt.Printf("%d %s", answer.StatusCode, body)
	}
	resolver := &net.Resolver{PreferGo: true}
	addresses, err := resolver.LookupHost(context.Background(), "registry.test")
	sort.Strings(addresses)
	fmt.Println(addresses, err)
	for _, name := range []string{"doors.test:1007", "[2001:db8::10]:80", "doors.test:81"} {
		connection, err := net.DialTimeout("tcp", name, 10*time.Second)
		if err != nil {
			fmt.Println(err != nil)
			continue
		}
		fmt.Println(connection.RemoteAddr())
		connection.Close()
	}
}
