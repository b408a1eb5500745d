import Site
import Testing

@Suite("Settings of the broker") struct BrokerSettingsTests {
    private func sentences(_ authority: String?) -> [String] {
        var settings = BrokerSettings(addresses: [], port: 0, certificate: "", key: "")
        settings.external = .init(
            host: "broker.plant", port: 8883, user: "lineside", passwordFile: nil,
            authority: authority)
        return settings.unenforceable
    }

    @Test("What an external broker cannot be made to do is said, and that it hears all in clear")
    func unenforceable() {
        let settings = BrokerSettings(addresses: [], port: 0, certificate: "", key: "")
        #expect(!settings.unenforceable.contains { $0.contains("that broker") })
        #expect(!sentences("/authority.pem").isEmpty)
        #expect(!sentences("/authority.pem").contains { $0.contains("in clear") })
        #expect(sentences(nil).first?.contains("in clear") == true)
    }
}
