package import Basics
import Crypto
package import Domain
package import Store
import Synchronization

/// The stacks of the site: their directories and their rows. One import at a time, on a thread of
/// its own; an import is done when its directory has come with one rename, and a row that a kill
/// then kept from being written is written at the next start.
package actor StackRegistry {
    private let shelf: StackShelf
    private let store: StackStore
    private let clock: @Sendable () -> Timestamp
    private let log = Log("stacks")
    private let executor: BlockingExecutor
    private struct Observer: Sendable { let changed: @Sendable () -> Void }
    private nonisolated let observers = Mutex<[Observer]>([])
    package nonisolated var unownedExecutor: UnownedSerialExecutor {
        executor.asUnownedSerialExecutor()
    }

    package init(
        shelf: StackShelf, store: StackStore,
        clock: @escaping @Sendable () -> Timestamp = Timestamp.now
    ) {
        self.shelf = shelf
        self.store = store
        self.clock = clock
        executor = BlockingExecutor(label: "stacks")
    }

    /// - Parameter changed: called when a stack has come or gone; it must be quick.
    package nonisolated func observe(_ changed: @escaping @Sendable () -> Void) {
        observers.withLock { $0.append(Observer(changed: changed)) }
    }

    private nonisolated func tell() {
        for observer in observers.withLock({ $0 }) { observer.changed() }
    }

    /// Once, before anything else is asked of it: ends what a kill interrupted.
    package func prepare() async throws(StackFault) {
        try attempt { () throws(SystemError) in try shelf.prepare() }
        for id in try attempt({ () throws(SystemError) in try shelf.hidden() }) {
            let isKnown = try await find(id) != nil
            try attempt { () throws(SystemError) in
                if isKnown { try shelf.show(id) } else { try shelf.discard(id) }
            }
        }
        for (id, manifest) in try attempt({ () throws(SystemError) in try shelf.stacks() }) {
            guard try await find(id) == nil else { continue }
            try await adopt(manifest.stack(id: id))
        }
    }

    /// Takes in an archive that `npm pack` made. An archive that is here already gives its stack
    /// again; what is missing of it on the disk comes back.
    /// - Parameters:
    ///   - path: a tar file, plain or gzip-compressed; it stays.
    ///   - name: `nil`: what the package calls itself, such as "Node-RED 4.1.3".
    package func add(
        _ path: String, name: Name<Stack>?, by actor: Actor
    ) async throws(StackFault) -> Stack {
        let digest = try attempt { () throws(SystemError) in try Digest.sha256(file: path) }
        guard let address = ContentAddress(digest: digest) else { throw .full }
        if let known = try await everything().first(where: { $0.digest == address }) {
            if !isWhole(known) {
                try heal(known, from: path)
                tell()
            }
            return known
        }
        let id = Stack.ID.random()
        let manifest = try shelf.install(
            path, digest: address, as: id, name: name, by: actor.name, at: clock())
        do throws(StoreError) {
            let stack = try await store.insert(manifest.stack(id: id), by: actor)
            tell()
            return stack
        } catch {
            try? shelf.hide(id)
            try? shelf.discard(id)
            throw .store(error)
        }
    }

    package func list(
        _ request: PageRequest = PageRequest()
    ) async throws(StackFault) -> Page<Stack> {
        do throws(StoreError) { return try await store.list(request) } catch {
            throw .store(error)
        }
    }

    /// - Throws: `.notFound`.
    package func get(_ id: Stack.ID) async throws(StackFault) -> Stack {
        guard let stack = try await find(id) else { throw .notFound(id) }
        return stack
    }

    /// - Throws: `.notFound`; `.inUse` while instances or devices have it, or shall.
    package func remove(_ id: Stack.ID, by actor: Actor) async throws(StackFault) {
        guard let stack = try await find(id) else { throw .notFound(id) }
        let uses: [String]
        do throws(StoreError) { uses = try await store.uses(of: id) } catch { throw .store(error) }
        guard uses.isEmpty else { throw .inUse(name: stack.name.text, by: uses) }
        try attempt { () throws(SystemError) in try shelf.hide(id) }
        do throws(StoreError) { try await store.delete(id, by: actor) } catch {
            try? shelf.show(id)
            throw .store(error)
        }
        tell()
        try attempt { () throws(SystemError) in try shelf.discard(id) }
    }

    /// Where it lies: `<path>/node_modules/node-red/red.js`, perhaps `<path>/node/bin/node`.
    package nonisolated func path(of id: Stack.ID) -> String { shelf.path(of: id) }

    /// Stacks whose directory is gone or is not whole any more.
    package func missing() async throws(StackFault) -> [Stack] {
        try await everything().filter { !isWhole($0) }
    }

    private func isWhole(_ stack: Stack) -> Bool {
        shelf.manifest(of: stack.id)?.digest == stack.digest
            && Files.exists("\(path(of: stack.id))/node_modules/node-red/red.js")
    }

    /// The directory is gone or spoilt and its archive is here again: its instances go on with it.
    private func heal(_ stack: Stack, from path: String) throws(StackFault) {
        log.notice("the stack \(stack.name) is unpacked again")
        try attempt { () throws(SystemError) in
            try shelf.hide(stack.id)
            try shelf.discard(stack.id)
        }
        _ = try shelf.install(
            path, digest: stack.digest, as: stack.id, name: stack.name, by: stack.addedBy,
            at: stack.addedAt)
    }

    private func adopt(_ stack: Stack) async throws(StackFault) {
        log.notice("the stack \(stack.name) has no row: it is added again")
        do throws(StoreError) { _ = try await store.insert(stack, by: .site) } catch {
            guard case .conflict = error else { throw .store(error) }
            var other = stack
            other.name = Name(stored: "\(stack.name.text.prefix(70)) (\(stack.id.text.prefix(6)))")
            do throws(StoreError) { _ = try await store.insert(other, by: .site) } catch {
                throw .store(error)
            }
        }
    }

    private func find(_ id: Stack.ID) async throws(StackFault) -> Stack? {
        do throws(StoreError) { return try await store.get(id) } catch {
            if case .notFound = error { return nil }
            throw .store(error)
        }
    }

    package func everything() async throws(StackFault) -> [Stack] {
        var found: [Stack] = []
        var page = try await list(.first)
        found += page.items
        while let next = page.next {
            page = try await list(PageRequest(limit: PageRequest.maximumLimit, cursor: next))
            found += page.items
        }
        return found
    }

    private func attempt<Value>(
        _ body: () throws(SystemError) -> Value
    ) throws(StackFault) -> Value {
        try StackFault.attempt(body)
    }
}
