import Basics
import Glibc
import Synchronization

/// A thread of its own that runs jobs in order. Dispatch would lend one of as many threads as
/// there are cores, and a long hash there would hold up every write.
final class StoreThread: Sendable {
    private struct State: ~Copyable {
        var jobs: [@Sendable () -> Void] = []
        var isEnded = false
    }

    private let state = Mutex(State())
    /// Posted once a job and once at the end. `sem_t` must not move, so it lives on the heap.
    /// Safe to share: semaphores are made to be.
    nonisolated(unsafe) private let signal: UnsafeMutablePointer<sem_t>

    init(name: String) {
        signal = .allocate(capacity: 1)
        sem_init(signal, 0, 0)
        let box = Unmanaged.passRetained(Start(thread: self, name: name))
        var thread = pthread_t()
        let code = pthread_create(
            &thread, nil,
            { argument in
                // pthread_create hands over exactly what it was given below: never nil.
                guard let argument else { return nil }
                let start = Unmanaged<Start>.fromOpaque(argument).takeRetainedValue()
                StoreThread.nameCurrent(start.name)
                start.thread.run()
                return nil
            }, box.toOpaque())
        precondition(code == 0, "the kernel gives no thread")
        pthread_detach(thread)
    }

    deinit {
        sem_destroy(signal)
        signal.deallocate()
    }

    private final class Start {
        let thread: StoreThread
        let name: String
        init(thread: StoreThread, name: String) {
            self.thread = thread
            self.name = name
        }
    }

    /// `false` once the thread was ended: the job will not run.
    func enqueue(_ job: @escaping @Sendable () -> Void) -> Bool {
        let taken = state.withLock { state in
            guard !state.isEnded else { return false }
            state.jobs.append(job)
            return true
        }
        if taken { sem_post(signal) }
        return taken
    }

    /// What was enqueued before still runs.
    func end() {
        state.withLock { $0.isEnded = true }
        sem_post(signal)
    }

    /// What `ps -T` shows. pthread_setname_np is a GNU extension that Swift does not see.
    private static func nameCurrent(_ name: String) {
        let path = "/proc/thread-self/comm"
        guard let file = FileDescriptor(owning: open(path, O_WRONLY | O_CLOEXEC)) else { return }
        try? Files.write(Array(name.utf8), to: file, path)
    }

    private func run() {
        while true {
            while sem_wait(signal) != 0 {}
            let (jobs, isEnded) = state.withLock { state in
                defer { state.jobs = [] }
                return (state.jobs, state.isEnded)
            }
            for job in jobs { job() }
            if isEnded, jobs.isEmpty { return }
            if isEnded { sem_post(signal) }
        }
    }
}
