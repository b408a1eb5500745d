import Basics
package import Crypto
package import Domain
package import Store
import Synchronization

/// Lets people in: sign-in, first run, invitations. Every way ends in the same `Admission`.
package final class FrontDesk: Sendable {
    package enum Refusal: Error, Sendable, Equatable {
        /// Name or password, code or link is wrong; which of them is nobody's business.
        case wrong
        case throttled(seconds: Int)
        /// More people sign in than can be checked.
        case busy
        case setupRequired
        /// `reason` follows the field's name in a sentence.
        case invalid(field: String, reason: String)
        case store(StoreError)
    }

    /// A browser that has just been let in, with the secrets that only it gets.
    package struct Admission: Sendable {
        package let user: User
        package let grants: [Grant]
        package let session: Session
        /// For the cookie.
        package let token: String
        /// For the page's own storage.
        package let csrf: String
        /// For the long-lived mark of the device.
        package let device: String
    }

    /// The browser at the other end.
    package struct Visitor: Sendable {
        package var address: String
        package var agent: String
        package var device: String?
        package init(address: String, agent: String, device: String? = nil) {
            self.address = address
            self.agent = agent
            self.device = device
        }
    }

    private let stores: Stores
    private let passwords: PasswordHasher
    private let marks: DeviceMark
    private let throttle = Mutex(LoginThrottle())
    private let clock: @Sendable () -> ContinuousClock.Instant
    private let lastReport = Mutex<ContinuousClock.Instant?>(nil)

    /// - Parameter marks: of devices that somebody signed in on before.
    package init(
        stores: Stores, passwords: PasswordHasher, marks: DeviceMark,
        clock: @escaping @Sendable () -> ContinuousClock.Instant = { .now }
    ) {
        self.stores = stores
        self.passwords = passwords
        self.marks = marks
        self.clock = clock
    }

    package func signIn(
        username: String, password: String, _ visitor: Visitor
    ) async throws(Refusal) -> Admission {
        guard
            try await store({ () async throws(StoreError) in try await stores.settings.isSetUp() })
        else { throw .setupRequired }
        // What is no user name is nobody's: it takes as long and counts for the address.
        let name = try? Username(validating: username)
        let account = name?.text ?? ""
        let attempt = LoginThrottle.Attempt(
            account: account, address: visitor.address,
            device: marks.proves(visitor.device, account))
        let credential = try await checked(attempt) { () async throws(Refusal) in
            var found: UserStore.Credential?
            if let name {
                found = try await store { () async throws(StoreError) in
                    try await stores.users.credential(of: name)
                }
            }
            guard try await verify(password, found?.passwordHash), let found,
                !found.user.isDisabled
            else { return nil as UserStore.Credential? }
            return found
        }
        guard let credential else { throw .wrong }
        return try await admit(credential.user, visitor)
    }

    /// First run: the code proves that whoever types it can read the appliance's output.
    package func setUp(
        code: String, username: String, password: String, site: SiteSettings, _ visitor: Visitor
    ) async throws(Refusal) -> Admission {
        let name = try self.username(username)
        try check(password, name)
        let attempt = LoginThrottle.Attempt(account: "\u{0}setup", address: visitor.address)
        let right = try await checked(attempt) { () async throws(Refusal) in
            let kept = try await store { () async throws(StoreError) in
                try await stores.settings.setupCodeHash()
            }
            guard let kept, Secrecy.equal(kept, SetupCode.hash(ofTyped: code)) else {
                return nil as Bool?
            }
            return true
        }
        guard right != nil else {
            if try await store({ () async throws(StoreError) in try await stores.settings.isSetUp()
            }
            ) {
                throw .store(.conflict("The site is set up already: sign in."))
            }
            throw .wrong
        }
        let hash = try await hash(password)
        let user = try await store { () async throws(StoreError) in
            try await stores.settings.setUp(
                SettingStore.Setup(username: name, passwordHash: hash, site: site),
                by: Actor(.nobody, address: visitor.address))
        }
        return try await admit(user, visitor)
    }

    /// Makes the account that an invitation promises, once.
    package func accept(
        invitation secret: String, username: String, password: String, name: String,
        _ visitor: Visitor
    ) async throws(Refusal) -> Admission {
        let username = try self.username(username)
        let person: PersonName
        do throws(ValidationFault) {
            person = try PersonName(validating: name.isEmpty ? username.text : name)
        } catch { throw .invalid(field: "name", reason: error.reason) }
        try check(password, username)
        let digest = MachineSecret.hash(of: secret)
        // Looked up before the costly hash: strangers without a link get none made.
        let known = try await store { () async throws(StoreError) in
            try await stores.invitations.find(secretHash: digest)
        }
        guard known != nil else { throw .store(.notFound("The invitation")) }
        let hash = try await hash(password)
        let user = try await store { () async throws(StoreError) in
            let language = try await stores.settings.site()?.language ?? .english
            return try await stores.invitations.accept(
                secretHash: digest, username: username, name: person, language: language,
                passwordHash: hash, address: visitor.address)
        }
        return try await admit(user, visitor)
    }

    /// A new cookie for the page that still has its own token: a hostile page on a neighbouring
    /// port can push ours out of the jar.
    package func renew(csrf: String) async throws(Refusal) -> Admission {
        let known = try await store { () async throws(StoreError) in
            try await stores.sessions.find(csrfHash: MachineSecret.hash(of: csrf))
        }
        guard let known else { throw .wrong }
        let secret = MachineSecret()
        try await store { () async throws(StoreError) in
            try await stores.sessions.renew(known.session.id, tokenHash: secret.hash)
        }
        return Admission(
            user: known.user, grants: known.grants, session: known.session, token: secret.text,
            csrf: csrf, device: marks.make(for: known.user.username.text))
    }

    /// Ends the user's other sessions.
    package func changePassword(
        of user: User, current: String, to new: String, keeping session: Session.ID?,
        _ visitor: Visitor, by actor: Actor
    ) async throws(Refusal) {
        try check(new, user.username)
        let attempt = LoginThrottle.Attempt(
            account: user.username.text, address: visitor.address, device: true)
        let right = try await checked(attempt) { () async throws(Refusal) in
            let kept = try await store { () async throws(StoreError) in
                try await stores.users.passwordHash(of: user.id)
            }
            return try await verify(current, kept) ? true : nil
        }
        guard right != nil else { throw .invalid(field: "current", reason: "is not your password") }
        try await setPassword(of: user, to: new, keeping: session, by: actor)
    }

    /// By an administrator: the old one is not asked for.
    package func setPassword(
        of user: User, to new: String, keeping session: Session.ID? = nil, by actor: Actor
    ) async throws(Refusal) {
        try check(new, user.username)
        let hash = try await hash(new)
        try await store { () async throws(StoreError) in
            try await stores.users.setPassword(
                of: user.id, to: hash, keeping: session, by: actor)
        }
    }

    /// The text to store for a new account.
    package func hash(_ password: String) async throws(Refusal) -> String {
        do throws(PasswordHasher.Busy) { return try await passwords.make(password) } catch {
            throw .busy
        }
    }

    package func check(_ password: String, _ username: Username) throws(Refusal) {
        do throws(ValidationFault) { try Password.check(password, username: username) } catch {
            throw .invalid(field: "password", reason: error.reason)
        }
    }
}

extension FrontDesk {
    private func admit(_ user: User, _ visitor: Visitor) async throws(Refusal) -> Admission {
        let token = MachineSecret()
        let csrf = MachineSecret()
        let actor = Actor.user(user.id, name: user.username.text, address: visitor.address)
        return try await store { () async throws(StoreError) in
            let session = try await stores.sessions.create(
                for: user, tokenHash: token.hash, csrfHash: csrf.hash, address: visitor.address,
                agent: visitor.agent, by: actor)
            return Admission(
                user: user, grants: try await stores.grants.list(of: user.id), session: session,
                token: token.text, csrf: csrf.text,
                device: marks.make(for: user.username.text))
        }
    }

    /// Runs a check under the throttle; `nil` from it is a failure.
    private func checked<Value>(
        _ attempt: LoginThrottle.Attempt, _ body: () async throws(Refusal) -> Value?
    ) async throws(Refusal) -> Value? {
        let wait = throttle.withLock { $0.begin(attempt, at: clock()) }
        if let wait {
            await report(attempt)
            throw .throttled(seconds: Int(wait.components.seconds) + 1)
        }
        let value: Value?
        do throws(Refusal) { value = try await body() } catch {
            throttle.withLock { $0.undo(attempt) }
            throw error
        }
        if value != nil { throttle.withLock { $0.succeeded(attempt, at: clock()) } }
        return value
    }

    /// An audit event, one a minute at most: whoever guesses must not fill the disk with them.
    private func report(_ attempt: LoginThrottle.Attempt) async {
        let now = clock()
        let isDue = lastReport.withLock { last in
            if let last, last + .seconds(60) > now { return false }
            last = now
            return true
        }
        guard isDue else { return }
        let event = AuditEvent(
            kind: "session.throttled",
            text: "Sign-in as “\(attempt.shownAccount)” from \(attempt.address) slowed down after "
                + "repeated failures")
        // The refusal stands, whether it could be written down or not.
        try? await stores.audit.record(event, by: Actor(.nobody, address: attempt.address))
    }

    private func verify(_ password: String, _ hash: String?) async throws(Refusal) -> Bool {
        do throws(PasswordHasher.Busy) { return try await passwords.verify(password, hash) } catch {
            throw .busy
        }
    }

    private func username(_ text: String) throws(Refusal) -> Username {
        do throws(ValidationFault) { return try Username(validating: text) } catch {
            throw .invalid(field: "username", reason: error.reason)
        }
    }

    private func store<Value>(
        _ body: () async throws(StoreError) -> Value
    ) async throws(Refusal) -> Value {
        do throws(StoreError) { return try await body() } catch { throw .store(error) }
    }
}
