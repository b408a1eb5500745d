import Basics
import SQLite
import Synchronization

/// The one connection that writes. Jobs that wait are run in one transaction, each in a savepoint
/// of its own: one fsync for all of them, and a job that fails takes nothing of the others.
final class Writer: @unchecked Sendable {
    // @unchecked: `link` is used on `thread` only; `waiting` is behind a lock.

    /// 256: bounds how long the first of a batch waits for the last.
    private static let batchLimit = 256

    /// A closure that is itself what a `Mutex` holds is wrapped twice more by each look at it.
    private struct Observation {
        var observer: (@Sendable () -> Void)?
    }

    private let link: DatabaseLink
    private let thread: StoreThread
    private let waiting = Mutex<[WriteJob]>([])
    private let observation = Mutex(Observation())
    let clock: @Sendable () -> Timestamp
    private let log = Log("store")

    init(
        _ connection: consuming Connection, name: String,
        clock: @escaping @Sendable () -> Timestamp
    ) {
        link = DatabaseLink(connection)
        thread = StoreThread(name: name)
        self.clock = clock
    }

    func submit(_ job: WriteJob) {
        let isFirst = waiting.withLock { waiting in
            waiting.append(job)
            return waiting.count == 1
        }
        guard isFirst else { return }
        if !thread.enqueue({ [self] in drain() }) {
            for job in take(Int.max) { job.finish(.busy) }
        }
    }

    /// Anything else that has to happen on the connection, between two batches.
    func perform(_ body: @escaping @Sendable (DatabaseLink) -> Void) -> Bool {
        thread.enqueue { [self] in body(link) }
    }

    func observeAccess(_ observer: @escaping @Sendable () -> Void) {
        observation.withLock { $0.observer = observer }
    }

    func end() { thread.end() }

    private func take(_ limit: Int) -> [WriteJob] {
        waiting.withLock { waiting in
            let taken = Array(waiting.prefix(limit))
            waiting.removeFirst(taken.count)
            return taken
        }
    }

    private func drain() {
        while true {
            let batch = waiting.withLock { Array($0.prefix(Self.batchLimit)) }
            if batch.isEmpty { return }
            run(batch)
            // Only now they leave the queue: `submit` must not start a second drain meanwhile.
            let isDone = waiting.withLock { waiting in
                waiting.removeFirst(batch.count)
                return waiting.isEmpty
            }
            if isDone { return }
        }
    }

    private func run(_ batch: [WriteJob]) {
        let failure = attempt(batch)
        guard let failure else {
            for job in batch { job.finish(nil) }
            return
        }
        // One of them may have taken the others down (full disk): each gets its own try.
        guard batch.count > 1 else {
            log.error("a change could not be written: \(failure)")
            batch[0].finish(failure)
            return
        }
        for job in batch { job.finish(attempt([job])) }
    }

    private func attempt(_ batch: [WriteJob]) -> StoreError? {
        do throws(StoreError) {
            try link.execute("BEGIN IMMEDIATE")
            let transaction = Transaction(link: link, now: clock())
            for job in batch {
                try link.execute("SAVEPOINT job")
                if !job.run(transaction) {
                    guard link.connection.isInTransaction else { throw .full }
                    try link.execute("ROLLBACK TO job")
                }
                try link.execute("RELEASE job")
            }
            try link.execute("COMMIT")
            if link.isAccessChanged {
                link.isAccessChanged = false
                // Before the writers go on: whoever sees the change made sees it in force.
                observation.withLock { $0.observer }?()
            }
            return nil
        } catch {
            if link.connection.isInTransaction { try? link.execute("ROLLBACK") }
            return error
        }
    }
}
