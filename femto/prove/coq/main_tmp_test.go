package coq
import ("testing";"os")
func TestGen(t *testing.T){ os.WriteFile("model.v", []byte(Model()), 0o644) }
