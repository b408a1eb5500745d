import Basics
import Domain
import HTTP
package import Site
package import Store

/// The certificates of the site itself: what browsers are shown, whom devices trust, and the
/// recovery kit.
package struct CertificateRoutes: Resource {
    private let stores: Stores
    private let authority: SiteAuthority
    private let devices: DeviceCertificates
    private let keeper: RecoveryKeeper
    private let clerk: AuthorityClerk
    private let log = Log("certificates")

    package init(
        stores: Stores, authority: SiteAuthority, devices: DeviceCertificates,
        keeper: RecoveryKeeper, clerk: AuthorityClerk
    ) {
        self.stores = stores
        self.authority = authority
        self.devices = devices
        self.keeper = keeper
        self.clerk = clerk
    }

    package var routes: [Route] {
        [
            Route(
                .get, "/api/v1/site/certificates", .needs(.siteRead),
                "Read what certificates the site shows and signs with", show),
            Route(
                .put, "/api/v1/site/certificates/server", .needs(.siteEdit),
                "Show browsers a certificate of the plant's own; devices are shown the site's",
                limit: .kibibytes(160), use),
            Route(
                .delete, "/api/v1/site/certificates/server", .needs(.siteEdit),
                "Show browsers the site's own certificate again", drop),
            .raw(
                .post, "/api/v1/site/certificates/authority-request", .needs(.siteEdit),
                "Make a request (PKCS #10, PEM) to sign the site's authority by the plant's root",
                request),
            Route(
                .put, "/api/v1/site/certificates/authority", .needs(.siteEdit),
                "Bring what the plant's root has signed, with the certificates up to the root",
                limit: .kibibytes(80), issue),
            Route(
                .delete, "/api/v1/site/certificates/authority", .needs(.siteEdit),
                "Sign under the site's own authority again; devices keep what they have", release),
            .raw(
                .get, "/api/v1/site/certificates/authority.pem", .anybody,
                "Download the authorities that devices and browsers are to trust", authorities),
            .raw(
                .get, "/api/v1/site/certificates/revoked.pem", .anybody,
                "Download the list of revoked certificates", revoked),
            .raw(
                .post, "/api/v1/site/certificates/recovery-kit", .needs(.siteEdit),
                "Make the recovery kit under a passphrase of at least 12 characters", kit),
        ]
    }

    private func show(_ context: RequestContext) async throws(Problem) -> Found<CertificatesView> {
        let made = try await stored { () async throws(StoreError) in
            try await keeper.downloadedAt()
        }
        return Found(
            CertificatesView(
                facts: await authority.facts, kitMadeAt: made, revocations: devices.list))
    }

    private func use(
        _ body: BringServer, _ context: RequestContext
    ) async throws(Problem) -> Found<CertificateWarnings> {
        let plant: PlantCertificate
        do throws(CertificateFault) {
            plant = try PlantCertificate(chain: body.chain, key: body.key)
        } catch { throw .invalid(error) }
        let warnings = try await audited(
            "site.certificate.brought",
            "Server certificate of the plant’s own brought, until "
                + "\(plant.notAfter.rfc3339.prefix(10))", context
        ) { () async throws(Problem) in
            do throws(SiteAuthorityFault) { return try await authority.use(plant: plant) } catch {
                throw .invalid("chain", "cannot be used: \(error)")
            }
        }
        return Found(CertificateWarnings(warnings: warnings))
    }

    private func drop(_ context: RequestContext) async throws(Problem) -> Done {
        try await audited(
            "site.certificate.dropped", "Server certificate of the site’s own shown again", context
        ) { () async throws(Problem) in
            do throws(SiteAuthorityFault) { try await authority.dropPlant() } catch {
                throw .unexpected(error.description)
            }
        }
        return Done()
    }

    private func request(_ context: RequestContext) async throws(Problem) -> Response {
        let pem: String
        do throws(AuthorityTool.Fault) { pem = try await clerk.request() } catch {
            throw .unexpected(error.description)
        }
        try await record(
            "site.authority.requested", "Request made to sign the site’s authority", context)
        return file(pem, "lineside-authority.csr", type: "application/pkcs10")
    }

    private func issue(
        _ body: BringAuthority, _ context: RequestContext
    ) async throws(Problem) -> Found<CertificateWarnings> {
        let warnings = try await audited(
            "site.authority.signed", "Site’s authority signed by the plant’s root", context
        ) { () async throws(Problem) in
            let result: Result<[String], SiteAuthorityFault>
            do throws(CertificateFault) {
                result = try await authority.use(issuing: body.chain)
            } catch { throw .invalid(error) }
            guard case .success(let warnings) = result else {
                throw .unexpected("The certificate was not taken: \(result)")
            }
            return warnings
        }
        return Found(CertificateWarnings(warnings: warnings))
    }

    private func release(_ context: RequestContext) async throws(Problem) -> Done {
        guard await authority.facts.isIssuing else {
            throw .conflict("The site signs under its own authority already.")
        }
        try await audited(
            "site.authority.released", "Site’s own authority signs again", context
        ) { () async throws(Problem) in
            do throws(SiteAuthorityFault) { try await authority.dropIssuing() } catch {
                throw .unexpected(error.description)
            }
        }
        return Done()
    }

    private func authorities(_ context: RequestContext) async throws(Problem) -> Response {
        file(authority.book.authorities, "authority.pem", type: "application/x-pem-file")
    }

    private func revoked(_ context: RequestContext) async throws(Problem) -> Response {
        let pem = devices.listPEM
        guard !pem.isEmpty else { throw .notFound("The list of revoked certificates") }
        return file(pem, "revoked.pem", type: "application/x-pem-file")
    }

    private func kit(_ context: RequestContext) async throws(Problem) -> Response {
        let body = try await context.jsonBody(limit: .kibibytes(16))
        let passphrase: String
        do throws(JSONFieldError) { passphrase = try body.string("passphrase") } catch {
            throw .invalid(error.field, error.reason)
        }
        do throws(RecoveryKeeper.Fault) {
            let kit = try await keeper.make(passphrase: passphrase, by: context.actor)
            return file(kit, "lineside-recovery-kit.txt", type: "text/plain; charset=utf-8")
        } catch {
            switch error {
            case .passphrase(let reason): throw .invalid("passphrase", reason)
            case .failed(let sentence): throw .unexpected(sentence)
            }
        }
    }

    private func file(_ text: String, _ name: String, type: String) -> Response {
        .bytes(
            Array(text.utf8), type: type,
            headers: [Header.contentDisposition: "attachment; filename=\"\(name)\""])
    }

    /// A file and a row cannot change in one transaction, so what is about to be done is written
    /// down first: where that cannot be, nothing is done, and a kill in between leaves its trace.
    private func audited<Value: Sendable>(
        _ kind: String, _ what: String, _ context: RequestContext,
        _ change: () async throws(Problem) -> Value
    ) async throws(Problem) -> Value {
        try await record("\(kind).begun", "\(what): begun", context)
        let value: Value
        do throws(Problem) { value = try await change() } catch {
            await note("\(kind).failed", "\(what): not done. \(error.detail ?? "")", context)
            throw error
        }
        await note(kind, what, context)
        return value
    }

    /// After the deed: that it was begun is written down already.
    private func note(_ kind: String, _ text: String, _ context: RequestContext) async {
        do throws(Problem) { try await record(kind, text, context) } catch {
            log.error("not written down: \(text)")
        }
    }

    private func record(
        _ kind: String, _ text: String, _ context: RequestContext
    ) async throws(Problem) {
        let actor = context.actor
        try await stored { () async throws(StoreError) in
            try await stores.audit.record(
                AuditEvent(kind: kind, object: .site, text: text), by: actor)
        }
    }
}

extension Problem {
    fileprivate static func invalid(_ fault: CertificateFault) -> Problem {
        Problem(
            type: "/problems/invalid", title: "Invalid", status: 422, detail: fault.description,
            fields: [fault.part: fault.description])
    }

    fileprivate static func unexpected(_ sentence: String) -> Problem {
        Problem(type: "/problems/certificates", title: "Not done", status: 500, detail: sentence)
    }
}
