import Basics
import Crypto
import Domain
import Glibc
import LinesideTesting
import Processes
import Synchronization
import Testing

@testable import Site

/// A device with real Node.js on the practice runtime, and an appliance that is a vault.
final class DeviceUnderTest: Sendable {
    let directory: TemporaryDirectory
    let device = Device.ID.random()
    let team = Team.ID.random()
    let appliance: FakeVaultSource
    let paths: AgentPaths
    let vault: Vault
    let port: Int
    /// Bytes of the disk that are free, as the agent sees it.
    let free = Mutex<UInt64>(1 << 40)
    private let secret = Hex.encode(Randomness.bytes(32))
    private let latest = Mutex<AgentRecords?>(nil)
    /// Of the agent that was started last.
    var records: AgentRecords { latest.withLock { $0 } ?? AgentRecords(paths) }

    init() async throws {
        directory = try TemporaryDirectory()
        paths = AgentPaths("\(directory.path)/state")
        try paths.makeDirectories()
        let far = Vault(directory: "\(directory.path)/far")
        try await far.prepare()
        appliance = FakeVaultSource(far)
        vault = Vault(directory: paths.vault)
        try await vault.prepare()
        port = FreePort.pick()
    }

    /// An agent without its connection, as after a start.
    func start(
        as other: Device.ID? = nil, source: (any AgentSource)? = nil, environment: [String] = []
    ) async throws -> (transactions: AgentTransactions, runtime: AgentRuntime) {
        let records = AgentRecords(paths)
        let disk = AgentDisk(paths, freeSpace: { [self] _ in free.withLock { $0 } })
        try await records.prepare()
        latest.withLock { $0 = records }
        let runtime = try AgentRuntime(
            AgentRuntime.Surroundings(
                paths: paths, runtime: RuntimeFiles(root: SupervisedInstance.checkout),
                allowsPractice: true, disk: disk,
                additionalEnvironment: environment),
            journal: records, secret: secret)
        let transactions = AgentTransactions(
            AgentTransactions.Parts(
                journal: AgentJournal(paths), vault: vault, source: source ?? appliance,
                stage: AgentStage(paths, vault: vault, disk: disk), runtime: runtime,
                records: records,
                lease: AgentLease(paths), disk: disk, clock: AgentClock(paths),
                backoff: Backoff(first: .milliseconds(10), limit: .milliseconds(50)),
                patience: .milliseconds(20)),
            device: other ?? device)
        await transactions.boot()
        return (transactions, runtime)
    }

    /// A document whose flows are these.
    func document(
        _ revision: Int64, _ flows: String, probation: Int = 0, of other: Device.ID? = nil
    ) async throws -> DesiredDocument {
        let manifest = try await appliance.manifest(flows)
        return DesiredDocument(
            revision: revision, time: Timestamp(milliseconds: 1_800_000_000_000 + revision),
            device: .init(id: other ?? device, name: "Press 3", team: team, application: nil),
            snapshot: .init(
                id: .random(), name: "v\(revision)", manifest: manifest, credentials: nil),
            settings: AgentSettings(
                hash: "h", port: port, editorKey: try SigningKey.generate().publicKeyPEM(),
                pageSecret: Randomness.secret()),
            // A busy machine is late by itself.
            probation: .init(seconds: probation, lagMS: 5_000))
    }

    /// What the page of the flows says.
    func page(of other: Device.ID? = nil) async -> String? {
        guard let client = try? CurlClient("http://127.0.0.1:\(port)"),
            let answer = try? await client.get("/d/\(other ?? device)/v"), answer.status == 200
        else { return nil }
        return String(decoding: answer.body, as: UTF8.self)
    }

    static func flows(_ text: String, extra: String = "") -> String {
        """
        [{"id":"tab0000000000001","type":"tab","label":"t"},
        {"id":"in00000000000001","type":"http in","z":"tab0000000000001","url":"/v",
        "method":"get","wires":[["tp00000000000001"]]},
        {"id":"tp00000000000001","type":"template","z":"tab0000000000001","field":"payload",
        "template":"\(text)","wires":[["out0000000000001"]]},
        {"id":"out0000000000001","type":"http response","z":"tab0000000000001","wires":[]}
        \(extra)]
        """
    }

    func settled(
        _ transactions: AgentTransactions, _ phases: [AgentTransaction.Phase] = [.idle],
        revision: Int64
    ) async throws -> AgentTransaction {
        try await eventually("the transaction to settle") {
            let state = await transactions.state
            return phases.contains(state.phase) && state.revision == revision ? state : nil
        }
    }
}

/// The appliance's half of the delta, straight out of a vault.
final class FakeVaultSource: AgentSource {
    struct Faults {
        var refuses = false
        /// So many chunks come damaged.
        var damages = 0
    }

    let vault: Vault
    let faults = Mutex(Faults())
    let asked = Mutex<[ContentAddress]>([])

    init(_ vault: Vault) { self.vault = vault }

    func manifest(_ flows: String) async throws -> ContentAddress {
        let stored = try await vault.store(Array(flows.utf8))
        let text = """
            {"format":"lineside-device-snapshot/1","flows":{"digest":"\(stored.address)",
            "size":\(flows.utf8.count)},"trees":[],"modules":[]}
            """
        return try await vault.store(Array(text.utf8)).address
    }

    func contents(_ address: ContentAddress) async throws(AgentUplinkFault) -> [UInt8] {
        try refuse()
        var json = JSONWriter()
        let list = (try? VaultContent.list(of: address, on: vault.disk)) ?? nil
        let size = ((try? await vault.read(address)) ?? []).count
        json.object { json in
            json.field("size", list?.size ?? size)
            json.array("chunks") { json in
                guard let list else {
                    return json.object { json in
                        json.field("digest", address.hex)
                        json.field("size", size)
                    }
                }
                for index in 0..<list.count {
                    guard let chunk = list[index] else { continue }
                    json.object { json in
                        json.field("digest", chunk.address.hex)
                        json.field("size", chunk.length)
                    }
                }
            }
        }
        return json.bytes
    }

    func chunks(
        _ addresses: [ContentAddress]
    ) async throws(AgentUplinkFault) -> [(address: ContentAddress, bytes: [UInt8])] {
        try refuse()
        asked.withLock { $0 += addresses }
        return addresses.map { address in
            var bytes =
                (try? vault.disk.read(VaultFile.path(address), limit: .mebibytes(4))) ?? [0]
            let isDamaged = faults.withLock { faults in
                guard faults.damages > 0 else { return false }
                faults.damages -= 1
                return true
            }
            if isDamaged { bytes[bytes.count - 1] ^= 1 }
            return (address, bytes)
        }
    }

    private func refuse() throws(AgentUplinkFault) {
        if faults.withLock({ $0.refuses }) { throw .unreachable("the cable is out") }
    }
}
