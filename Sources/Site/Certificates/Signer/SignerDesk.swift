package import Basics
import Crypto
import Domain
import Glibc
import Synchronization

/// What the signer grants: it holds the authority's key, and believes nothing that it is told.
///
/// Subjects, names and days are what is granted here, whatever a request asks for. A server gets a
/// certificate only for names and addresses that this site has, as the signer itself sees it.
package final class SignerDesk: SignerLink {
    private struct State: ~Copyable {
        var journal: SignerJournal
        let ledger: SignerLedger
        var issuer: Issuer
        /// Of the file that the issuer's certificate came from.
        var issuingStamp: Stamp?
        var devices: SignerAllowance
        var servers: SignerAllowance
        var lists: SignerAllowance
    }

    private struct Stamp: Equatable {
        let inode: UInt
        let size: Int
        let seconds: Int
        let nanoseconds: Int

        init?(_ path: String) {
            var information = stat()
            guard stat(path, &information) == 0 else { return nil }
            inode = UInt(information.st_ino)
            size = Int(information.st_size)
            seconds = information.st_mtim.tv_sec
            nanoseconds = information.st_mtim.tv_nsec
        }
    }

    private let files: AuthorityFiles
    private let own: Issuer
    private let key: PrivateKey
    private let names: @Sendable () -> LocalNames
    private let clock: @Sendable () -> Timestamp
    private let state: Mutex<State>

    /// Opens the authority's key, and makes it and its certificate where there is none yet.
    /// - Parameter names: what this site is called and where it is.
    package init(
        _ files: AuthorityFiles, names: @escaping @Sendable () -> LocalNames,
        clock: @escaping @Sendable () -> Timestamp = Timestamp.now
    ) throws(SiteAuthorityFault) {
        self.files = files
        self.names = names
        self.clock = clock
        (own, key) = try files.ownIssuer()
        let journal: SignerJournal
        do throws(SystemError) {
            journal = try SignerJournal(path: files.journalFile, clock: clock)
        } catch { throw .system(error) }
        let ledger: SignerLedger
        do throws(SystemError) { ledger = try SignerLedger(path: files.ledgerFile) } catch {
            throw .system(error)
        }
        let left: [Int]?
        do throws(SystemError) { left = try ledger.read(count: 3) } catch {
            throw .system(error)
        }
        state = Mutex(
            State(
                journal: journal, ledger: ledger, issuer: own,
                // A site of 10,000 devices may come back at once; then one every 100 ms.
                devices: SignerAllowance(
                    burst: 12_000, interval: .milliseconds(100), left: left?[0]),
                // One at least: a start that waited for a minute would be none.
                servers: SignerAllowance(
                    burst: 30, interval: .seconds(60), left: left.map { max(1, $0[1]) }),
                lists: SignerAllowance(
                    burst: 200, interval: .milliseconds(200), left: left?[2])))
    }

    package func ask(_ request: SignerRequest) throws(SignerFault) -> [UInt8] {
        switch answer(request) {
        case .signed(let bytes): return bytes
        case .refused(let sentence): throw .refused(sentence)
        case .throttled(let seconds): throw .throttled(seconds: seconds)
        }
    }

    package func answer(_ request: SignerRequest) -> SignerReply {
        state.withLock { state in
            do throws(SignerFault) {
                return .signed(try Self.decide(request, self, &state))
            } catch {
                state.journal.refuse([
                    ("verb", request.verb.word), ("for", Self.subject(of: request)),
                    ("refused", error.description),
                ])
                switch error {
                case .throttled(let seconds): return .throttled(seconds: seconds)
                case .refused(let sentence), .unreachable(let sentence):
                    return .refused(sentence)
                }
            }
        }
    }

    /// Something came that was no request, or from somebody else.
    package func noteStranger(_ what: String) {
        state.withLock { $0.journal.refuse([("refused", what)]) }
    }

    package func note(_ what: String) throws(SystemError) {
        var failure: SystemError?
        state.withLock { state in
            do throws(SystemError) { try state.journal.record([("event", what)]) } catch {
                failure = error
            }
        }
        if let failure { throw failure }
    }

    private static func decide(
        _ request: SignerRequest, _ desk: SignerDesk, _ state: inout State
    ) throws(SignerFault) -> [UInt8] {
        desk.refresh(&state)
        let now = ContinuousClock.now
        switch request {
        case .device(let der, let id, let days):
            if let wait = state.devices.take(at: now) { throw .throttled(seconds: wait) }
            try note(&state)
            // Letters and digits: nothing of an id means anything in a name.
            guard Device.ID(id) != nil else { throw .refused("That is no id of a device.") }
            let request = try judged(der, days: days)
            return try desk.issue(&state, .device(request: der, id: id, days: days), request) {
                (issuer) throws(OpenSSLError) in
                try issuer.issueClient(request, subject: id, notAfter: desk.end(after: days))
            }
        case .server(let der, let names, let addresses, let days):
            if let wait = state.servers.take(at: now) { throw .throttled(seconds: wait) }
            try note(&state)
            try desk.requireOwn(names, addresses)
            let request = try judged(der, days: days)
            let asked = SignerRequest.server(
                request: der, names: names, addresses: addresses, days: days)
            return try desk.issue(&state, asked, request) { (issuer) throws(OpenSSLError) in
                try issuer.issueServer(
                    request, names: names, addresses: addresses, notAfter: desk.end(after: days))
            }
        case .revocations(let entries, let number):
            if let wait = state.lists.take(at: now) { throw .throttled(seconds: wait) }
            try note(&state)
            guard Set(entries.map(\.serial)).count == entries.count else {
                throw .refused("A serial number stands in the list twice.")
            }
            let list: String
            do throws(OpenSSLError) {
                list = try state.issuer.revocationList(entries, number: number).pem()
            } catch { throw .refused("The list cannot be signed (\(error.reason)).") }
            try write(
                [
                    ("verb", "revocations"), ("number", String(number)),
                    ("entries", String(entries.count)),
                ], &state)
            return Array(list.utf8)
        }
    }

    private static func note(_ state: inout State) throws(SignerFault) {
        let left = [state.devices.left, state.servers.left, state.lists.left]
        do throws(SystemError) { try state.ledger.write(left) } catch {
            throw .refused("The signer cannot write its record: \(error).")
        }
    }

    private func issue(
        _ state: inout State, _ asked: SignerRequest, _ request: CertificateRequest,
        _ make: (Issuer) throws(OpenSSLError) -> Certificate
    ) throws(SignerFault) -> [UInt8] {
        let certificate: Certificate
        do throws(OpenSSLError) { certificate = try make(state.issuer) } catch {
            throw .refused("The certificate cannot be made (\(error.reason)).")
        }
        // Written before anybody has it: what was signed is known, whatever happens next.
        try Self.write(
            [
                ("verb", asked.verb.word), ("for", Self.subject(of: asked)),
                ("serial", certificate.serial), ("notAfter", certificate.notAfter.rfc3339),
                ("key", Hex.encode(request.publicKeyDigest)),
            ], &state)
        return certificate.der
    }

    private static func write(
        _ fields: [(String, String)], _ state: inout State
    ) throws(SignerFault) {
        do throws(SystemError) { try state.journal.record(fields) } catch {
            throw .refused("The signer cannot write its record: \(error).")
        }
    }

    private static func judged(
        _ der: [UInt8], days: Int
    ) throws(SignerFault) -> CertificateRequest {
        guard SignerRequest.days.contains(days) else {
            throw .refused("A certificate lasts 1 to \(SignerRequest.days.upperBound) days.")
        }
        do throws(RequestFault) { return try CertificateRequest.judged(der) } catch {
            throw .refused(error.description)
        }
    }

    private func requireOwn(_ names: [String], _ addresses: [String]) throws(SignerFault) {
        guard !names.isEmpty || !addresses.isEmpty else {
            throw .refused("A server needs a name or an address.")
        }
        let site = self.names()
        let foreign =
            names.first { !site.names.contains($0) }
            ?? addresses.first { !site.addresses.contains($0) }
        if let foreign {
            throw .refused("“\(foreign)” is no name or address of this site.")
        }
    }

    /// A clock that stands before this was written is wrong.
    private func end(after days: Int) -> Timestamp {
        max(clock(), SiteAuthority.earliest) + .seconds(days * 86_400)
    }

    /// Takes the certificate that the plant's root gave for our key, or no longer, as the file says
    /// now. One that is not for this key is none.
    private func refresh(_ state: inout State) {
        let stamp = Stamp(files.issuingFile)
        guard stamp != state.issuingStamp else { return }
        state.issuingStamp = stamp
        state.issuer = own
        guard stamp != nil, let certificate = try? files.issuing()?.certificates.first,
            let issuer = try? Issuer(certificate: certificate, key: key)
        else { return }
        state.issuer = issuer
    }

    private static func subject(of request: SignerRequest) -> String {
        switch request {
        case .device(_, let id, _): id
        case .server(_, let names, let addresses, _):
            (names + addresses).joined(separator: " ")
        case .revocations(let entries, let number): "\(entries.count) entries, number \(number)"
        }
    }
}
