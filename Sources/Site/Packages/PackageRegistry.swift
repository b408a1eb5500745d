import Basics
import Crypto
package import Domain
package import Store
import Synchronization

/// What npm asks of a registry, out of what is on the appliance already: every package inside the
/// stacks, and inside the instances of the teams of whoever asks. Reads nothing but directories,
/// keeps nothing but digests, and works on a thread of its own.
package actor PackageRegistry: Service {
    /// Bytes that answer a request, and the tag of exactly these.
    package struct Document: Sendable, Equatable {
        package let bytes: [UInt8]
        package let etag: String
        init(_ bytes: [UInt8]) {
            self.bytes = bytes
            etag = "\"\(Hex.encode(Digest.sha256(bytes).prefix(16)))\""
        }
    }

    package enum Form: Sendable { case full, abbreviated }

    /// Digests that are remembered: ten stacks.
    private static let mostFacts = 8_192
    /// Of one instance.
    static let mostOfInstance = 5_000
    /// So often the instances' modules are looked for anew, at most.
    private static let instancesAge = Duration.seconds(15)

    private let stacks: StackRegistry
    private let stores: Stores
    private let state: String
    private let log = Log("packages")
    private let executor: BlockingExecutor
    package nonisolated var unownedExecutor: UnownedSerialExecutor {
        executor.asUnownedSerialExecutor()
    }

    private var ofStacks = PackageShelf()
    private var knownStacks: [Stack.ID] = []
    private var ofInstances: [Instance.ID: (team: Team.ID, stamp: [Int64], copies: [PackageCopy])] =
        [:]
    private var instancesAt: ContinuousClock.Instant?
    private var facts: [PackageCopy: PackageFacts] = [:]
    private let wakes: AsyncStream<Void>
    private let wake: AsyncStream<Void>.Continuation

    /// - Parameter state: the state directory.
    package init(stacks: StackRegistry, stores: Stores, state: String) {
        self.stacks = stacks
        self.stores = stores
        self.state = state
        executor = BlockingExecutor(label: "packages")
        (wakes, wake) = AsyncStream.makeStream(bufferingPolicy: .bufferingNewest(1))
        stacks.observe { [wake] in wake.yield() }
    }

    /// Looks through the stacks at the start and when one comes or goes.
    package func run() async throws {
        await renewStacks()
        for await _ in wakes { await renewStacks() }
    }

    private func renewStacks() async {
        do throws(StackFault) {
            // The oldest first: its copies stay when others come.
            let found = try await stacks.everything().sorted {
                ($0.addedAt.milliseconds, $0.id.text) < ($1.addedAt.milliseconds, $1.id.text)
            }
            guard found.map(\.id) != knownStacks else { return }
            var shelf = PackageShelf()
            for stack in found {
                shelf.add(
                    PackageScanner.packages(
                        in: stacks.path(of: stack.id), of: .stack(stack.id)))
            }
            ofStacks = shelf
            knownStacks = found.map(\.id)
            facts = facts.filter { copy, _ in
                ofStacks.packages[copy.name]?[copy.version] == copy
            }
        } catch {
            log.warning("the packages of the stacks cannot be listed: \(error)")
        }
    }

    // MARK: Whose

    func shelf(for reader: PackageReader) async -> PackageShelf {
        if knownStacks.isEmpty { await renewStacks() }
        guard reader != .stacksOnly else { return ofStacks }
        await renewInstances()
        var shelf = ofStacks
        for (_, entry) in ofInstances.sorted(by: { $0.key.text < $1.key.text })
        where reader.mayRead(entry.team) {
            shelf.add(entry.copies, beside: ofStacks)
        }
        return shelf
    }

    /// Those of `modules` that nobody could install from here. Of a range the name alone counts.
    func missing(_ modules: [NodeModule], for reader: PackageReader) async -> [NodeModule] {
        let shelf = await shelf(for: reader)
        return modules.filter { module in
            guard let name = PackageName(module.name) else { return true }
            let versions = shelf.versions(of: name)
            guard SemanticVersion(module.version) != nil else { return versions.isEmpty }
            return !versions.contains { $0.version == module.version }
        }
    }

    private func renewInstances() async {
        if let instancesAt, .now - instancesAt < Self.instancesAge { return }
        guard let instances = try? await stores.instances.all() else { return }
        instancesAt = .now
        var renewed = ofInstances
        for gone in Set(ofInstances.keys).subtracting(instances.map(\.id)) { renewed[gone] = nil }
        for instance in instances {
            let user = InstanceLayout(state: state, instance.id).user
            let stamp = InstalledModules.stamp(in: user)
            if let known = renewed[instance.id], known.stamp == stamp,
                known.team == instance.teamID
            {
                continue
            }
            let copies =
                stamp.isEmpty
                ? []
                : PackageScanner.packages(
                    in: user, of: .instance(instance.id), most: Self.mostOfInstance)
            renewed[instance.id] = (instance.teamID, stamp, copies)
        }
        ofInstances = renewed
    }

    // MARK: Answers

    /// - Parameter registry: under which the caller knows this registry: `https://plant:8443/npm`.
    /// - Returns: `nil` where the caller has no such package.
    package func document(
        of name: PackageName, _ form: Form, for reader: PackageReader, registry: String
    ) async -> Document? {
        let copies = await shelf(for: reader).versions(of: name)
        let known = copies.compactMap { copy in facts(of: copy).map { (copy, $0) } }
        guard let latest = PackageShelf.latest(among: known.map(\.0)) else { return nil }
        var json = JSONWriter()
        json.object { json in
            let isFull = form == .full
            if isFull { json.field("_id", name.text) }
            json.field("name", name.text)
            if isFull, let newest = known.first(where: { $0.0 == latest })?.1.manifest.object {
                for key in ["description", "keywords", "license", "homepage"] {
                    guard let value = newest[key] else { continue }
                    json.key(key)
                    json.value(value)
                }
            }
            json.object("dist-tags") { json in json.field("latest", latest.version) }
            json.object("versions") { json in
                for (copy, facts) in known {
                    json.key(copy.version)
                    facts.write(to: &json, isFull: isFull, registry: registry)
                }
            }
            // When a package was published nobody here knows.
            json.field("modified", Self.modified)
            if isFull {
                json.object("time") { json in
                    json.field("created", Self.modified)
                    json.field("modified", Self.modified)
                    for (copy, _) in known { json.field(copy.version, Self.modified) }
                }
            }
        }
        return Document(json.bytes)
    }

    /// One version, by its number or `latest`.
    package func document(
        of name: PackageName, version: String, for reader: PackageReader, registry: String
    ) async -> Document? {
        let copies = await shelf(for: reader).versions(of: name)
        let copy =
            version == "latest"
            ? PackageShelf.latest(among: copies) : copies.first { $0.version == version }
        guard let facts = copy.flatMap(facts(of:)) else { return nil }
        var json = JSONWriter()
        facts.write(to: &json, isFull: true, registry: registry)
        return Document(json.bytes)
    }

    package func tags(of name: PackageName, for reader: PackageReader) async -> Document? {
        let copies = await shelf(for: reader).versions(of: name)
        guard let latest = PackageShelf.latest(among: copies) else { return nil }
        var json = JSONWriter()
        json.object { json in json.field("latest", latest.version) }
        return Document(json.bytes)
    }

    /// - Parameter file: `nodes-4.1.3.tgz`.
    package func archive(
        _ file: String, of name: PackageName, for reader: PackageReader
    ) async -> PackageArchive? {
        let copies = await shelf(for: reader).versions(of: name)
        guard let copy = copies.first(where: { file == "\(name.base)-\($0.version).tgz" }),
            let facts = facts(of: copy)
        else { return nil }
        return PackageArchive(copy, length: facts.length, etag: facts.etag, on: executor)
    }

    /// Of a stack's package they hold for good, of an instance's as long as no file changes.
    private func facts(of copy: PackageCopy) -> PackageFacts? {
        let known = facts[copy]
        if let known, case .stack = copy.origin { return known }
        guard let tarball = PackageTarball(copy) else { return nil }
        if let known, known.stamp == PackageFacts.stamp(of: tarball) { return known }
        guard let made = try? PackageFacts(tarball) else { return nil }
        if facts.count >= Self.mostFacts { facts.removeAll() }
        facts[copy] = made
        return made
    }
}
