package import Basics
import Crypto
package import Domain
package import Store
import Synchronization

/// The certificates of devices: gives them out, knows at any moment which are good, takes them away,
/// and keeps the list of those that were.
///
/// Revoking goes through the registry, then the index, which ends what is open, then the list:
/// nothing of ours looks at the list, it is for others.
package final class DeviceCertificates: DeviceIdentities, Service {
    /// Of the list, as it lies on the disk.
    package struct ListFacts: Sendable, Equatable {
        package var number: UInt64
        package var count: Int
        package var writtenAt: Timestamp
        /// Under whose name.
        package var issuer: String
    }

    private struct Holder {
        var device: Device.ID
        var team: Team.ID
        var isSeen: Bool
    }

    private struct State {
        var holders: [String: Holder] = [:]
        var list: ListFacts?
        var pem = ""
    }

    /// Where the number of the last list stands.
    package static let numberKey = "certificates.revocation-number"
    /// After a fault, and to find what was missed.
    private static let pause = Duration.seconds(30)

    private let stores: Stores
    private let signer: Signer
    private let signal: SecuritySignal
    private let file: String
    private let authority: AuthorityBook?
    private let state = Mutex(State())
    private let wishes: AsyncStream<Void>
    private let wish: AsyncStream<Void>.Continuation
    private let executor = BlockingExecutor(label: "revocations")
    private let log = Log("certificates")

    /// - Parameters:
    ///   - signal: raised when a certificate was taken away and the index knows it.
    ///   - file: of the list.
    ///   - authority: whose name the list is to bear; `nil`: whatever the signer's is.
    package init(
        stores: Stores, signer: Signer, signal: SecuritySignal, file: String,
        authority: AuthorityBook? = nil
    ) {
        self.authority = authority
        self.stores = stores
        self.signer = signer
        self.signal = signal
        self.file = file
        (wishes, wish) = AsyncStream.makeStream(bufferingPolicy: .bufferingNewest(1))
    }

    /// Reads the registry: before the first device is let in.
    package func load() async throws(StoreError) {
        let live = try await stores.certificates.live()
        let list = try? RevocationList(
            pem: String(decoding: Files.read(file, limit: .mebibytes(64)), as: UTF8.self))
        let pem = (try? list?.pem()) ?? ""
        state.withLock { state in
            state.holders = Dictionary(
                live.map {
                    ($0.serial, Holder(device: $0.device, team: $0.team, isSeen: $0.isSeen))
                },
                uniquingKeysWith: { first, _ in first })
            state.list = list.map {
                ListFacts(
                    number: $0.number, count: $0.count, writtenAt: .now(), issuer: $0.issuerName)
            }
            state.pem = pem
        }
    }

    /// `nil` for a serial number that was never given out or is not good any more. Any thread, at
    /// once; the first use of a certificate is noted, and ends those that the device had before.
    package func device(certificate serial: String) -> (device: Device.ID, team: Team.ID)? {
        let (holder, isFirst) = state.withLock { state -> (Holder?, Bool) in
            guard let holder = state.holders[serial] else { return (nil, false) }
            state.holders[serial]?.isSeen = true
            return (holder, !holder.isSeen)
        }
        guard let holder else { return nil }
        if isFirst { Task { await self.noteFirstUse(serial) } }
        return (holder.device, holder.team)
    }

    /// Has a certificate signed, and tells nobody: the caller writes it with
    /// `CertificateStore.insert`, in the transaction that lets the device in, and then calls `admit`.
    package func sign(
        _ request: [UInt8], for device: Device.ID, days: Int
    ) async throws(SignerFault) -> DeviceCertificate {
        let certificate = try await signer.signDevice(request, device: device, days: days)
        do throws(OpenSSLError) {
            return DeviceCertificate(
                serial: certificate.serial, deviceID: device,
                keyDigest: Hex.encode(certificate.publicKeyDigest), pem: try certificate.pem(),
                issuedAt: .now(), notAfter: certificate.notAfter)
        } catch { throw .unreachable("it answered no certificate (\(error.reason))") }
    }

    /// After the commit: from now on it opens the door.
    package func admit(_ certificate: DeviceCertificate, team: Team.ID) {
        guard let device = certificate.deviceID else { return }
        state.withLock {
            $0.holders[certificate.serial] = Holder(device: device, team: team, isSeen: false)
        }
    }

    /// Takes all certificates of a device away; what it has open ends within a second.
    package func revoke(
        _ device: Device.ID, reason: DeviceCertificate.Reason = .revoked, by actor: Actor
    ) async throws(StoreError) {
        let serials = try await stores.certificates.revoke(of: device, reason: reason, by: actor)
        forget(serials)
    }

    /// For who took them away in a transaction of their own: after the commit.
    package func forget(_ serials: [String]) {
        guard !serials.isEmpty else { return }
        state.withLock { state in
            for serial in serials { state.holders[serial] = nil }
        }
        signal.raise()
        wish.yield()
    }

    package func forget(of device: Device.ID) {
        state.withLock { state in
            state.holders = state.holders.filter { $0.value.device != device }
        }
        signal.raise()
    }

    /// The list as it lies on the disk; `nil` before the first.
    package var list: ListFacts? { state.withLock { $0.list } }
    package var listPEM: String { state.withLock { $0.pem } }
    package var count: Int { state.withLock { $0.holders.count } }

    /// The authority has another name: who checks by that name is to find the list.
    package func authorityChanged() { wish.yield() }

    /// Where nobody says whose name it is to bear, that of the list is right.
    private var issuer: String? { authority?.current.subjectName ?? list?.issuer }

    /// Writes the list when it is asked for, and looks after each change of what somebody may do
    /// whether a device has gone, and its certificates with it.
    package func run() async throws {
        let changes = signal.changes()
        let watching = Task {
            await self.lookAgain()
            for await _ in changes { await self.lookAgain() }
        }
        defer { watching.cancel() }
        wish.yield()
        for await _ in wishes {
            while !Task.isCancelled, await !writeList() {
                try await Task.sleep(for: Self.pause)
            }
        }
    }

    private func noteFirstUse(_ serial: String) async {
        do throws(StoreError) { forget(try await stores.certificates.see(serial)) } catch {
            // Noted again at the next start: until then both certificates are good.
            log.warning("the first use of a certificate was not noted: \(error)")
        }
    }

    private func lookAgain() async {
        guard let live = try? await stores.certificates.live() else { return }
        let good = Set(live.map(\.serial))
        let known = state.withLock { Set($0.holders.keys) }
        let gone = known.subtracting(good)
        guard !gone.isEmpty else { return }
        // One that is being let in right now is in the index before it is in what was read.
        var certain: [String] = []
        for serial in gone {
            let found = try? await stores.certificates.find(serial: serial)
            if found?.deviceID == nil || found?.revokedAt != nil { certain.append(serial) }
        }
        forget(certain)
    }

    /// - Returns: whether the list on the disk says what the registry does.
    @discardableResult
    package func writeList() async -> Bool {
        do {
            let revoked = try await stores.certificates.revocations()
            if let list, list.count == revoked.count, list.issuer == issuer { return true }
            let stored = try await stores.settings.value(Self.numberKey).flatMap { UInt64($0) }
            let number = max(stored ?? 0, list?.number ?? 0) + 1
            let entries = revoked.map {
                Revocation(serial: $0.serial, at: $0.at, reason: $0.reason.crypto)
            }
            let made = try await signer.signRevocations(entries, number: number)
            // First the number, then the list: two lists of one number never leave the house.
            try await stores.settings.setValue(Self.numberKey, to: String(number))
            let pem = try made.pem()
            try await write(pem)
            state.withLock { state in
                state.list = ListFacts(
                    number: number, count: made.count, writtenAt: .now(), issuer: made.issuerName)
                state.pem = pem
            }
            return true
        } catch {
            log.warning("the list of revoked certificates was not written: \(error)")
            return false
        }
    }

    private func write(_ pem: String) async throws {
        let file = file
        try await Task(executorPreference: executor) {
            try Files.makeDirectory(Files.parent(of: file))
            try Files.replace(file, with: Array(pem.utf8), mode: 0o644)
        }.value
    }
}

extension DeviceCertificate.Reason {
    fileprivate var crypto: Revocation.Reason {
        switch self {
        case .revoked: .privilegeWithdrawn
        case .superseded: .superseded
        case .removed: .cessation
        case .stolen: .keyCompromise
        }
    }
}
