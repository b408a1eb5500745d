import Net

/// What a connection does about clients that are slow, or silent.
extension ServerConnection {
    func observeInput() {
        if isDeaf { return observe(.nothing) }
        guard let exchange else { return observe(parser.isInsideHead ? .head : .idle) }
        observe(exchange.isRead || exchange.awaitsContinue ? .nothing : .body)
    }

    func observe(_ next: Watch) {
        if watch == next, next == .head || next == .body { return }
        watch = next
        switch next {
        case .nothing: deadline.clear()
        case .idle: expire(after: site.limits.idleTimeout)
        case .head: expire(after: site.limits.headTimeout)
        case .body:
            exchange?.receivedBytes = 0
            expire(after: site.limits.bodyRateWindow)
        }
    }

    private func expire(after delay: Duration) {
        deadline.set(after: delay) { [self] in expired() }
    }

    private func expired() {
        switch watch {
        case .nothing: break
        case .idle: channel.close()
        case .head: refuse(HTTPFault(408, "the head came too slowly"))
        case .body: checkRate()
        }
    }

    /// Whoever we made wait is not slow.
    private func checkRate() {
        guard let exchange else { return }
        let wanted =
            site.limits.bodyMinBytesPerSecond
            * Int(site.limits.bodyRateWindow.components.seconds)
        if exchange.receivedBytes < max(wanted, 1), !exchange.wasPaused {
            return giveUp(exchange, .timedOut)
        }
        exchange.wasPaused = false
        exchange.receivedBytes = 0
        expire(after: site.limits.bodyRateWindow)
    }
}
