"""What asks for packages: commands of installers and files of dependencies."""
