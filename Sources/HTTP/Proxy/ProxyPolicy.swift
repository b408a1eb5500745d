/// What the proxy does to requests and answers of one upstream, beyond what it always does.
package struct ProxyPolicy: Sendable {
    /// Runs last, so that what it sets is what the upstream sees.
    package var rewriteRequestHeaders: @Sendable (inout Headers) -> Void
    /// Runs last, after `InstanceHeaders` has dropped what no instance may send.
    package var filterResponse: @Sendable (inout ResponseHead) -> Void
    /// Nothing moved in either direction. Long: a palette install answers after minutes.
    package var idleTimeout: Duration
    /// Keep the socket to be able to close it within a second.
    package var onWebSocket: @Sendable (ProxiedSocket) -> Void

    package init(
        idleTimeout: Duration = .seconds(600),
        rewriteRequestHeaders: @escaping @Sendable (inout Headers) -> Void = { _ in },
        filterResponse: @escaping @Sendable (inout ResponseHead) -> Void = { _ in },
        onWebSocket: @escaping @Sendable (ProxiedSocket) -> Void = { _ in }
    ) {
        self.rewriteRequestHeaders = rewriteRequestHeaders
        self.filterResponse = filterResponse
        self.idleTimeout = idleTimeout
        self.onWebSocket = onWebSocket
    }
}
