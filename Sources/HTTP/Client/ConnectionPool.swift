import Net
import Synchronization

/// Connections to upstreams that wait for their next request.
final class ConnectionPool: Sendable {
    private let group: EventLoopGroup
    private let maxIdle: Int
    private let idleLimit: Duration
    private let idle = Mutex<[Upstream: [ChannelStream]]>([:])

    init(group: EventLoopGroup, maxIdle: Int, idleLimit: Duration) {
        self.group = group
        self.maxIdle = maxIdle
        self.idleLimit = idleLimit
    }

    /// The one used last, since it is the least likely to have been closed meanwhile.
    func take(_ upstream: Upstream) -> ChannelStream? {
        while let stream = idle.withLock({ $0[upstream]?.popLast() }) {
            stream.whenEnded(nil)
            stream.limitIdle(to: nil)
            if stream.isReusable { return stream }
            stream.abort()
        }
        return nil
    }

    func put(_ stream: ChannelStream, for upstream: Upstream) {
        let isKept =
            stream.isReusable
            && idle.withLock { idle in
                guard idle[upstream, default: []].count < maxIdle else { return false }
                idle[upstream, default: []].append(stream)
                return true
            }
        guard isKept else { return stream.close() }
        // Taken in the very moment, it is as one that the upstream has closed.
        stream.limitIdle(to: idleLimit, as: .closed)
        // Held until it is taken or ends, which the limit sees to: a weak reference would make
        // every use of the stream slower.
        stream.whenEnded { [self] in
            remove(stream, upstream)
            stream.abort()
        }
    }

    private func remove(_ stream: ChannelStream, _ upstream: Upstream) {
        idle.withLock { idle in
            idle[upstream]?.removeAll { $0 === stream }
            if idle[upstream]?.isEmpty == true { idle[upstream] = nil }
        }
    }

    var idleCount: Int { idle.withLock { $0.values.reduce(0) { $0 + $1.count } } }

    /// On the loop of whoever asks if it has one: then nothing hops between threads.
    func connect(
        _ upstream: Upstream, timeout: Duration
    ) async throws(ClientFault) -> ChannelStream {
        let loop = group.loops.first { $0.isCurrent } ?? group.next()
        let result = await withCheckedContinuation {
            (waiting: CheckedContinuation<Result<ChannelStream, NetError>, Never>) in
            loop.execute {
                upstream.connect(on: loop, timeout: timeout) { result in
                    waiting.resume(
                        returning: result.map { channel in
                            let stream = ChannelStream(channel)
                            stream.start()
                            return stream
                        })
                }
            }
        }
        switch result {
        case .success(let stream): return stream
        case .failure(.timedOut): throw .timedOut
        case .failure(let error): throw .unreachable("\(upstream.text): \(error)")
        }
    }
}
