# Reads GPG values for Puppet in tests: the hiera-eyaml-gpg gem needs a compiler, and what is tested is how Puppet itself
# treats the text around a value.
require 'hiera/backend/eyaml/encryptor'
require 'open3'

class Hiera
  module Backend
    module Eyaml
      module Encryptors
        class Gpg < Encryptor
          self.tag = 'GPG'
          self.options = { gnupghome: { desc: 'GnuPG home', type: :string } }

          def self.decrypt(ciphertext)
            command = ['gpg', '--homedir', option(:gnupghome), '--batch', '--quiet', '--no-tty', '--decrypt']
            plaintext, messages, status = Open3.capture3(*command, stdin_data: ciphertext, binmode: true)
            raise StandardError, messages unless status.success?

            plaintext
          end
        end
      end
    end
  end
end
