import Site
import Synchronization
import Testing

@Suite("Site origins") struct SiteOriginsTests {
    let origins = SiteOrigins(
        names: HostNames(["Plant.local", "10.0.0.5", "fe80::1"]), platformPort: 8443,
        editorsPort: 8444, pagesPort: 443)

    @Test(
        "A host that we are called by is taken, in every way of writing it",
        arguments: [
            ("plant.local:8443", SiteOrigins.Side.platform), ("PLANT.LOCAL.:8443", .platform),
            ("10.0.0.5:8444", .editors), ("[fe80::1]:8444", .editors), ("plant.local", .pages),
            ("plant.local:443", .pages),
        ])
    func takes(host: String, side: SiteOrigins.Side) {
        #expect(origins.authority(host: host, on: side) != nil)
    }

    @Test(
        "A foreign host, a foreign port and what is no authority are refused",
        arguments: [
            nil, "", "evil.example:8443", "plant.local", "plant.local:8444", "plant.local:",
            "plant.local:08443x", "a@plant.local:8443", "plant.local:8443/", "[fe80::1", "[]:8443",
            "plant.local:99999", "plant.local:-1", "[plant.local]:8443",
        ])
    func refuses(host: String?) {
        #expect(origins.authority(host: host, on: .platform) == nil)
    }

    @Test("An address that the machine gets is taken within seconds, one that it loses no longer")
    func follows() {
        let names = Mutex(["plant", "10.0.0.5"])
        let moment = Mutex(ContinuousClock.now)
        let origins = SiteOrigins(
            names: HostNames(now: { moment.withLock { $0 } }) { names.withLock { $0 } },
            platformPort: 8443, editorsPort: 8444, pagesPort: 8445)
        func takes(_ host: String) -> Bool { origins.authority(host: host, on: .platform) != nil }
        #expect(takes("10.0.0.5:8443") && !takes("10.0.0.6:8443"))
        names.withLock { $0 = ["plant", "10.0.0.6"] }
        // A stranger who asks often does not have the machine asked as often.
        #expect(!takes("10.0.0.6:8443"))
        moment.withLock { $0 += .seconds(3) }
        #expect(takes("10.0.0.6:8443") && !takes("10.0.0.5:8443"))
        names.withLock { $0 = ["plant"] }
        #expect(takes("10.0.0.6:8443"))
        moment.withLock { $0 += .seconds(61) }
        #expect(!takes("10.0.0.6:8443") && takes("plant:8443"))
    }

    @Test("The other sides of the host that was called have their own origins")
    func siblings() throws {
        let called = try #require(origins.authority(host: "[FE80::1]:8443", on: .platform))
        #expect(origins.origin(of: .editors, for: called) == "https://[FE80::1]:8444")
        #expect(origins.origin(of: .pages, for: called) == "https://[FE80::1]")
    }
}

@Suite("Request provenance") struct RequestProvenanceTests {
    let own = "https://plant:8444"

    func provenance(
        _ origin: String?, _ site: String?, _ mode: String?, safe: Bool = true,
        upgrade: Bool = false
    ) -> Bool {
        RequestProvenance(
            origin: origin, site: site, mode: mode, isSafeMethod: safe, isUpgrade: upgrade
        ).maySpendCookie(of: own)
    }

    @Test("The editor's own calls pass")
    func own_() {
        #expect(provenance(nil, "same-origin", "cors"))
        #expect(provenance(own, "same-origin", "cors", safe: false))
        #expect(provenance(own, "same-origin", "websocket", upgrade: true))
        #expect(provenance(nil, nil, nil))
    }

    @Test("A page of another port can navigate there, and nothing else")
    func foreign() {
        let page = "https://plant:8445"
        #expect(provenance(nil, "same-site", "navigate"))
        #expect(!provenance(nil, "same-site", "no-cors"))
        #expect(!provenance(page, "same-site", "cors"))
        #expect(!provenance(page, "same-site", "cors", safe: false))
        #expect(!provenance(page, "same-site", "navigate", safe: false))
        #expect(!provenance(nil, nil, nil, safe: false))
        #expect(!provenance(page, "same-site", "websocket", upgrade: true))
        #expect(!provenance(nil, nil, nil, upgrade: true))
        #expect(!provenance("null", "cross-site", "navigate", safe: false))
    }
}
