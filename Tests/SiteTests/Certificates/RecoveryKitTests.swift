import Basics
import Crypto
import LinesideTesting
import Testing

@testable import Site

@Suite("Recovery kit") struct RecoveryKitTests {
    func kit() throws -> RecoveryKit {
        let key = try PrivateKey.generate()
        let issuer = try Issuer.selfSigned("Lineside site abcdef", key: key)
        return RecoveryKit(
            madeAt: Timestamp(milliseconds: 1_900_000_000_123),
            site: RecoveryKit.Site(
                name: "Werk \u{2028}Süd\nMade: never", language: "de", timeZone: "Europe/Berlin"),
            authority: RecoveryKit.Authority(
                key: try key.pem(), certificate: try issuer.certificate.pem(), issuing: nil),
            recoveryKey: try RecoveryKey.generate().pem(), revocationNumber: 42,
            configuration: [("names", "[\"plant\"]")])
    }

    func fault(_ text: String, _ passphrase: String) -> RecoveryKit.Fault? {
        do throws(RecoveryKit.Fault) {
            _ = try RecoveryKit(opening: Array(text.utf8), passphrase: passphrase)
            return nil
        } catch { return error }
    }

    @Test("What was put in comes out, also after a stick has turned its line ends around")
    func roundTrip() throws {
        let kit = try kit()
        let text = try kit.sealed(passphrase: "correct horse battery")
        #expect(
            try RecoveryKit(opening: Array(text.utf8), passphrase: "correct horse battery") == kit)
        let windows = text.split(separator: "\n", omittingEmptySubsequences: false)
            .joined(separator: "\r\n")
        #expect(fault(windows, "correct horse battery") == nil)
        #expect(!text.contains("PRIVATE KEY"))
        #expect(text.utf8.count <= 8_192)
    }

    @Test("A wrong passphrase, a changed file and a foreign file each have their own error")
    func faults() throws {
        let text = try kit().sealed(passphrase: "correct horse battery")
        #expect(fault(text, "correct horse") == .wrongPassphrase)
        #expect(fault(text, "") == .wrongPassphrase)
        #expect(fault("", "x") == .notAKit)
        #expect(fault("-----BEGIN CERTIFICATE-----\n", "x") == .notAKit)
        #expect(fault(String(repeating: "x", count: 300_000), "x") == .notAKit)
        let letters = Array(text)
        for index in stride(from: 0, to: letters.count, by: 23) where letters[index] != "\n" {
            var changed = letters
            changed[index] = letters[index] == "A" ? "B" : "A"
            let found = fault(String(changed), "correct horse battery")
            #expect(found == .damaged || found == .notAKit, "letter \(index)")
        }
        #expect(fault(String(text.dropLast(10)), "correct horse battery") == .damaged)
        #expect(fault(String(text.prefix(text.count / 2)), "correct horse battery") == .notAKit)
    }
}

@Suite("Certificate watch") struct CertificateWatchTests {
    let now = Timestamp(milliseconds: 1_900_000_000_000)

    func readings(
        isSetUp: Bool = true, age: Int = 2, madeAt: Timestamp? = nil, devices: Int = 0,
        plantDays: Int? = nil, issuingDays: Int? = nil
    ) -> CertificateWatch.Readings {
        func days(_ count: Int) -> Timestamp { now + .seconds(count * 86_400) }
        return CertificateWatch.Readings(
            now: now, isSetUp: isSetUp, began: days(-age), kitMadeAt: madeAt, devices: devices,
            plantEnds: plantDays.map(days), issuingEnds: issuingDays.map(days))
    }

    @Test("The kit is asked for after a day, at once where a device could lose its trust")
    func kit() {
        #expect(readings().kit != nil)
        #expect(readings(age: 0).kit == nil)
        #expect(readings(age: 0, devices: 1).kit != nil)
        #expect(readings(isSetUp: false).kit == nil)
        #expect(readings(madeAt: now, devices: 9).kit == nil)
    }

    @Test("What somebody must renew is said before it ends, and after")
    func expiring() {
        #expect(readings().expiring == nil)
        #expect(readings(plantDays: 31).expiring == nil)
        #expect(readings(plantDays: 29).expiring?.contains("ends on") == true)
        #expect(readings(plantDays: -1).expiring?.contains("ended on") == true)
        #expect(readings(issuingDays: 91).expiring == nil)
        #expect(readings(issuingDays: 89).expiring?.contains("Devices go on") == true)
    }
}
