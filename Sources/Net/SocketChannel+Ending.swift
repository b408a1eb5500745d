import Basics
import Glibc

extension SocketChannel {
    package func shutdownWrite() {
        guard state == .open, !wantsShutdown else { return }
        wantsShutdown = true
        if queue.isEmpty, writable { finishWriting() }
    }

    package func close() {
        guard state != .closed, state != .lingering, !wantsClose else { return }
        guard state == .open else { return abort(.aborted) }
        wantsClose = true
        wantsShutdown = true
        if sentShutdown { linger() } else if queue.isEmpty, writable { finishWriting() }
    }

    func finishWriting() {
        switch sendShutdown() {
        case .blocked:
            writable = false
            return
        case .failed(let error): return abort(error)
        case .moved, .ended: sentShutdown = true
        }
        if wantsClose { linger() } else if readEnded { depart(nil) }
    }

    private func linger() {
        if readEnded { return depart(nil) }
        state = .lingering
        deadline = loop.schedule(after: Self.lingerTime) { [self] in depart(nil) }
        readable = true
        continueNextTurn()
    }

    func discardInput() {
        var budget = loop.options.fairShare.bytes
        while readable, budget > 0 {
            switch receive(loop.input) {
            case .moved(let count):
                budget -= count
                discarded += count
                if discarded > Self.lingerBytes { return depart(nil) }
            case .blocked: readable = false
            case .ended, .failed: return depart(nil)
            }
        }
        if readable { continueNextTurn() }
    }

    package func abort(_ error: NetError) { depart(error) }

    func depart(_ error: NetError?) {
        guard state != .closed else { return }
        state = .closed
        for timer in [deadline, stall] { if let timer { loop.cancel(timer) } }
        (deadline, stall) = (nil, nil)
        release()
        queue.removeAll()
        if let key { loop.retire(fd, key) }
        // Later: whoever called `write` or `close` is not called back within it.
        failure = error
        loop.execute { [self] in tellClosed() }
    }

    func tellClosed() {
        let (opened, handler, departure) = (opening, handler, departure)
        (opening, self.handler, self.departure) = (nil, nil, nil)
        departure?()
        opened?(.failure(failure ?? .aborted))
        handler?.channelClosed(failure)
    }
}
