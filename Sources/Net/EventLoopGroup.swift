import Basics
import Glibc
import Synchronization

/// Event loops on threads of their own.
package final class EventLoopGroup: Sendable {
    package let loops: [EventLoop]
    private let turn = Atomic<Int>(0)
    private let running: Mutex<Int>
    private let ended: AsyncStream<Void>
    private let end: AsyncStream<Void>.Continuation

    /// - Parameter count: 1 serves a plant; 2 share the work of TLS.
    package init(
        count: Int = 1, options: EventLoop.Options = EventLoop.Options()
    ) throws(NetError) {
        var loops: [EventLoop] = []
        for _ in 0..<max(count, 1) { loops.append(try EventLoop(options)) }
        self.loops = loops
        running = Mutex(0)
        (ended, end) = AsyncStream.makeStream(of: Void.self)
        for loop in loops { try start(loop) }
    }

    /// The loops in turn. Any thread.
    package func next() -> EventLoop {
        let index = turn.wrappingAdd(1, ordering: .relaxed).oldValue
        return loops[Int(UInt(bitPattern: index) % UInt(loops.count))]
    }

    /// Stops the loops after their turn and returns when all threads have ended. What is still
    /// connected hangs until the process goes: drain first.
    package func shutdown() async {
        for loop in loops { loop.stop() }
        for await _ in ended {}
    }

    private func start(_ loop: EventLoop) throws(NetError) {
        let body = ThreadBody { [self] in
            loop.run()
            let left = running.withLock { count in
                count -= 1
                return count
            }
            if left == 0 { end.finish() }
        }
        running.withLock { $0 += 1 }
        var thread: pthread_t = 0
        let context = Unmanaged.passRetained(body)
        let code = pthread_create(&thread, nil, enterThread, context.toOpaque())
        guard code == 0 else {
            context.release()
            throw .system(SystemError("start a thread", code: code))
        }
        pthread_detach(thread)
    }
}

private final class ThreadBody: Sendable {
    let run: @Sendable () -> Void
    init(_ run: @escaping @Sendable () -> Void) { self.run = run }
}

@c func enterThread(_ context: UnsafeMutableRawPointer?) -> UnsafeMutableRawPointer? {
    guard let context else { return nil }
    Unmanaged<ThreadBody>.fromOpaque(context).takeRetainedValue().run()
    return nil
}
