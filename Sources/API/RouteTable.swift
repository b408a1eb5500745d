/// The table of contents: every resource, one line.
package enum RouteTable {}
